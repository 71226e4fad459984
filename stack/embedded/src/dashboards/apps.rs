//! The apps that show dashboards, as the stack's folders hold them.

use data_stack_core::ports::dashboards::App;

/// Takes files of a folder of the stack into the program.
macro_rules! folder {
    ($folder:literal: $($file:literal),* $(,)?) => {
        &[$(($file, include_str!(concat!("../../../", $folder, "/", $file)))),*]
    };
}

/// An app's own files, as paths in its folder with their text.
pub(super) fn files(app: App) -> &'static [(&'static str, &'static str)] {
    match app {
        App::Streamlit => folder!("streamlit": "README.md", "app.py", "charts.py", "requirements.txt", "warehouse.py"),
        App::Evidence => folder!(
            "evidence":
            ".gitignore", "README.md", "evidence.config.yaml", "package-lock.json", "package.json", "pages/index.md", "patch.mjs",
            "sources/warehouse/connection.yaml",
        ),
        // Grafana is a service of its own, which reads files and needs none beside them.
        App::Grafana => &[],
    }
}
