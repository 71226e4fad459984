"""Runs every page of a Streamlit app without a browser. usage: pages.py FOLDER"""

import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

folder = Path(sys.argv[1]).resolve()
sys.path.insert(0, str(folder))
for page in sorted(folder.glob("pages/*.py")):
    app = AppTest.from_file(str(page), default_timeout=120).run()
    assert not app.exception, [(page.name, one.value, one.stack_trace) for one in app.exception]
    numbers = [(metric.label, metric.value) for metric in app.metric]
    assert numbers == [("Lines", "41,276"), ("In one country", "7.88 k")], numbers
    assert app.title[0].value == "Every kind <b>{of}</b> tile", app.title
    # Another value of a parameter gives other rows.
    app.sidebar.selectbox[0].select("France").run()
    assert not app.exception and app.metric[1].value != "7.88 k", app.metric
    print(f"streamlit: {page.name} runs, with {len(app.metric)} numbers and values that readers choose")
