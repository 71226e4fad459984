"""The dashboards of the workspace: one page each, made by `data-stack dashboard NAME --target streamlit`."""

from pathlib import Path

import streamlit as st

from warehouse import PATH

FOLDER = Path(__file__).resolve().parent / "pages"


def home() -> None:
    st.title("Dashboards")
    st.caption(f"Pages over `{PATH.name}`, read-only.")
    if not pages:
        st.info("There is no page yet. `data-stack dashboard NAME --target streamlit` makes one.")
    for page in pages:
        st.page_link(page)


pages = [st.Page(path, title=path.stem.replace("_", " ").replace("-", " ").capitalize()) for path in sorted(FOLDER.glob("*.py"))]
st.navigation([st.Page(home, title="Home", default=True), *pages]).run()
