//! Layers and tightening, over real files.

use std::path::Path;

use data_stack_core::{Effect, ToolError};
use serde_json::{Value, json};

use super::{Config, Flag, Layer, Origin, Sources, Stance, load};

struct Scene {
    folder: tempfile::TempDir,
    sources: Sources,
}

impl Scene {
    fn new(stance: Stance) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("workspace");
        std::fs::create_dir(&workspace).unwrap();
        let sources = Sources {
            files: vec![folder.path().join("system.toml"), folder.path().join("user.toml")],
            variables: Vec::new(),
            flags: Vec::new(),
            workspace: Some(workspace.clone()),
            current_folder: workspace,
            home: Some("/home/ann".into()),
            stance,
        };
        Self { folder, sources }
    }

    fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.sources.variables.push((name.into(), value.into()));
        self
    }

    fn flag(mut self, key: &str, value: &str) -> Self {
        self.sources.flags.push(Flag { key: key.into(), value: json!(value), flag: format!("--{key}") });
        self
    }

    fn load(&self) -> Result<Config, ToolError> {
        load(&self.sources)
    }

    fn project(self, text: &str) -> Self {
        self.file("workspace/data-stack.toml", text)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

fn value(config: &Config, name: &str) -> Value {
    config.rows().find(|(known, ..)| *known == name).map(|(_, value, _)| value).unwrap()
}

fn origin(config: &Config, name: &str) -> (Layer, String) {
    let Origin { layer, from } = config.origins[name].clone();
    (layer, from)
}

#[test]
fn every_layer_wins_over_the_weaker_ones_and_is_named_as_the_origin() {
    let scene = Scene::new(Stance::Agent)
        .file("system.toml", "[limits]\nwait_s = 40\nqueue_s = 19\nconcurrent = 8")
        .file("user.toml", "[limits]\nwait_s = 30\nqueue_s = 18\n[env.prod.limits]\nwait_s = 12")
        .variable("DATA_STACK_LIMITS_WAIT_S", "20")
        .variable("DATA_STACK_ENVIRONMENT", "prod")
        .project("query.threads = 1")
        .flag("query.memory", "512MiB");
    let config = scene.load().unwrap();
    let found: Vec<(Value, (Layer, String))> =
        ["limits.wait_s", "limits.queue_s", "limits.concurrent", "query.threads", "query.memory", "environment", "http.bind", "workspace"]
            .map(|name| (value(&config, name), origin(&config, name)))
            .into();
    assert_eq!(
        found,
        [
            (json!(12), (Layer::EnvironmentTable, format!("{} [env.prod]", scene.path("user.toml")))),
            (json!(18), (Layer::File, scene.path("user.toml"))),
            (json!(8), (Layer::File, scene.path("system.toml"))),
            (json!(1), (Layer::Project, scene.path("workspace/data-stack.toml"))),
            (json!(512 << 20), (Layer::Flag, "--query.memory".into())),
            (json!("prod"), (Layer::Variable, "DATA_STACK_ENVIRONMENT".into())),
            (json!("127.0.0.1:8931"), (Layer::Default, "built in".into())),
            (json!(scene.path("workspace")), (Layer::Flag, "--workspace".into())),
        ]
    );
    assert_eq!(config.warnings, []);
}

#[test]
fn the_default_of_effects_depends_on_who_calls() {
    for (stance, effects, from) in [
        (Stance::Agent, Effect::Read, "built in"),
        (Stance::Person, Effect::Destroy, "a person at a terminal: writes run, destroying asks first"),
    ] {
        let config = Scene::new(stance).load().unwrap();
        assert_eq!((config.settings.effects, config.settings.ask), (effects, Effect::Destroy));
        assert_eq!(origin(&config, "effects"), (Layer::Default, from.to_owned()));
    }
}

#[test]
fn a_project_tightens_and_never_loosens() {
    let operator = r#"
        effects = "write"
        ask = "write"
        persona = "data_analyst"
        roots = ["/srv/data"]
        network = ["https://data.example.org/"]
        limits.wait_s = 20
        query.memory = "512MiB"
        http.allowed_hosts = ["a.example", "b.example"]
        http.legacy_sse = true
    "#;
    for (key, wanted, taken) in [
        ("effects", r#""read""#, true),
        ("effects", r#""destroy""#, false),
        ("effects", r#""everything""#, true),
        ("ask", r#""read""#, true),
        ("ask", r#""destroy""#, false),
        ("roots", r#"["/srv/data/sales"]"#, true),
        ("roots", r#"["inside"]"#, true),
        ("roots", r"[]", true),
        ("roots", r#"["/srv"]"#, false),
        ("roots", r#"["/srv/data/../secret"]"#, false),
        ("roots", r#"["/srv/database"]"#, false),
        ("network", r#"["https://data.example.org/public/"]"#, true),
        ("network", r#"["https://"]"#, false),
        ("network", r#"["s3://bucket/"]"#, false),
        ("limits.wait_s", "5", true),
        ("limits.wait_s", "21", false),
        ("query.memory", r#""128MiB""#, true),
        ("query.memory", r#""1GiB""#, false),
        ("http.allowed_hosts", r#"["b.example"]"#, true),
        ("http.allowed_hosts", r#"["c.example"]"#, false),
        ("http.legacy_sse", "false", true),
        ("http.behind_proxy", "true", false),
        ("http.bind", r#""0.0.0.0:80""#, false),
        ("http.token_file", r#""token""#, false),
        ("persona", r#""data_engineer""#, false),
        ("environment", r#""prod""#, false),
    ] {
        let scene = Scene::new(Stance::Agent).file("user.toml", operator);
        let before = scene.load().unwrap();
        let scene = scene.project(&format!("{key} = {wanted}"));
        let after = scene.load().unwrap();
        let refused: Vec<&str> = after.warnings.iter().map(|warning| warning.code.as_str()).collect();
        if taken {
            assert_ne!(value(&before, key), value(&after, key), "{key} = {wanted}");
            assert!(!refused.contains(&"project_setting_refused"), "{key} = {wanted}: {refused:?}");
        } else {
            assert_eq!(before.settings, after.settings, "{key} = {wanted}");
            assert_eq!(refused, ["project_setting_refused"], "{key} = {wanted}");
            assert!(after.warnings[0].message.contains(&format!("`{key}`")), "{:?}", after.warnings);
        }
    }
}

#[test]
fn a_project_may_choose_a_persona_where_the_operator_chose_none() {
    let config = Scene::new(Stance::Agent).project(r#"persona = "data_analyst""#).load().unwrap();
    assert_eq!((config.settings.persona.as_deref(), config.warnings.len()), (Some("data_analyst"), 0));
}

#[test]
fn a_project_tightens_the_environments_of_the_operator_too() {
    let scene = Scene::new(Stance::Agent)
        .file("user.toml", "[env.prod]\neffects = \"write\"")
        .project("effects = \"read\"\n[env.prod]\neffects = \"destroy\"\nlimits.wait_s = 3")
        .flag("environment", "prod");
    let config = scene.load().unwrap();
    assert_eq!((config.settings.effects, value(&config, "limits.wait_s")), (Effect::Read, json!(3)));
    let warning = format!(
        "`effects` = destroy in {} [env.prod] is not taken, read stays: a project may only lower it.",
        scene.path("workspace/data-stack.toml")
    );
    assert_eq!(config.warnings.iter().map(|warning| warning.message.as_str()).collect::<Vec<_>>(), [warning]);
}

#[test]
fn effects_that_cannot_be_read_mean_read() {
    for scene in [
        Scene::new(Stance::Person).variable("DATA_STACK_EFFECTS", "wirte"),
        Scene::new(Stance::Person).flag("effects", "wirte"),
        Scene::new(Stance::Person).file("user.toml", "effects = 7"),
    ] {
        let config = scene.load().unwrap();
        assert_eq!(config.settings.effects, Effect::Read);
        assert_eq!(config.warnings.iter().map(|warning| warning.code.as_str()).collect::<Vec<_>>(), ["setting_unreadable"]);
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place_and_the_next_step() {
    let name = |scene: &Scene, file: &str| scene.path(file);
    for (scene, field, message, hint) in [
        (
            Scene::new(Stance::Agent).file("user.toml", "efects = \"read\""),
            "efects",
            "there is no setting `efects` (in {user})",
            "Did you mean `effects`?",
        ),
        (
            Scene::new(Stance::Agent).file("user.toml", "limits.wait_s = 99"),
            "limits.wait_s",
            "`limits.wait_s` is 99 (in {user})",
            "Give a number of seconds from 0 to 45.",
        ),
        (
            Scene::new(Stance::Agent).file("user.toml", "query.memory = \"lots\""),
            "query.memory",
            "`query.memory` is \"lots\" (in {user})",
            "Give a size such as \"512MiB\", at least 64 MiB.",
        ),
        (
            Scene::new(Stance::Agent).file("user.toml", "workspace = \"/srv\""),
            "workspace",
            "there is no setting `workspace` (in {user})",
            "The workspace is set by --workspace or DATA_STACK_WORKSPACE only.",
        ),
        (
            Scene::new(Stance::Agent).variable("DATA_STACK_EFECTS", "read"),
            "DATA_STACK_EFECTS",
            "there is no setting for the variable `DATA_STACK_EFECTS`",
            "Did you mean `DATA_STACK_EFFECTS`?",
        ),
        (
            Scene::new(Stance::Agent).file("user.toml", "[env.prod]\n").flag("environment", "prdo"),
            "environment",
            "no settings file knows the environment `prdo`",
            "Add a table [env.prdo], even an empty one, or name one of: prod.",
        ),
    ] {
        let error = scene.load().unwrap_err();
        let message = message.replace("{user}", &name(&scene, "user.toml"));
        assert_eq!((error.field.as_deref(), error.message, error.hints), (Some(field), message, vec![hint.to_owned()]));
    }
}

#[test]
fn a_file_with_a_syntax_error_is_refused_with_its_line() {
    let scene = Scene::new(Stance::Agent).project("effects = \n");
    let message = scene.load().unwrap_err().message;
    assert!(message.contains("data-stack.toml is not valid TOML: TOML parse error at line 1, column 11"), "{message}");
}

#[test]
fn variables_of_other_programs_are_left_alone() {
    let scene = Scene::new(Stance::Agent).variable("DATA_STACK_COMPOSE_PROJECT", "x").variable("CLAUDE_PROJECT_DIR", "/");
    let config = scene.load().unwrap();
    assert_eq!(config.settings.workspace, scene.folder.path().join("workspace").canonicalize().unwrap());
}

#[test]
fn paths_start_at_the_file_that_holds_them_and_lists_split_in_variables() {
    let scene = Scene::new(Stance::Agent)
        .file("user.toml", "roots = [\"data\", \"~/in\"]")
        .variable("DATA_STACK_NETWORK", "https://a.example/, s3://b/");
    let config = scene.load().unwrap();
    assert_eq!(config.settings.roots, [scene.folder.path().join("data"), Path::new("/home/ann/in").into()]);
    assert_eq!(config.settings.network, ["https://a.example/", "s3://b/"]);
}

#[test]
fn the_root_of_the_file_system_is_a_workspace_only_when_named() {
    let mut scene = Scene::new(Stance::Agent);
    (scene.sources.workspace, scene.sources.current_folder) = (None, "/".into());
    assert_eq!(scene.load().unwrap_err().field.as_deref(), Some("workspace"));
    scene.sources.workspace = Some("/".into());
    assert_eq!(scene.load().unwrap().settings.workspace, Path::new("/"));
}

#[test]
fn every_setting_is_documented() {
    let page = include_str!("../../docs/configuration.md");
    for key in super::key::KEYS {
        assert!(page.contains(&format!("| `{}` |", key.name)), "{}", key.name);
    }
}
