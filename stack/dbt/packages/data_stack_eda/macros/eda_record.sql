{#- The on-run-end hook: writes every test of the run into the history, the expectations that hold too, and judges what a `dbt run` has
    built. A test returns only what is wrong, so the models are read a second time here. -#}
{% macro eda_record(results) %}
    {%- if not execute or flags.EMPTY or flags.WHICH not in ['build', 'test', 'run'] -%}{{- return('') -}}{%- endif -%}
    {%- set tests = results | selectattr('node.resource_type', 'in', ['test', 'unit_test']) | list -%}
    {%- set built = eda_built(results) if flags.WHICH == 'run' and var('eda_on_run', 'error') != 'off' else [] -%}
    {%- if not tests and not built -%}{{- return('') -}}{%- endif -%}

    {%- do eda_make_history() -%}
    {%- set plain = [] -%}
    {%- for result in tests -%}
        {%- if eda_is_eda(result.node) and result.status in ['pass', 'warn', 'fail'] -%}
            {%- do eda_judge(result.node, result.execution_time) -%}
        {%- else -%}
            {%- do plain.append(eda_plain_row(result)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if plain -%}
        {%- do run_query('insert into ' ~ eda_history() ~ ' values ' ~ plain | join(', ')) -%}
    {%- endif -%}
    {%- for test in built -%}{%- do eda_judge(test, none) -%}{%- endfor -%}
    {%- do eda_commit() -%}
    {{- return(eda_report(built)) -}}
{% endmacro %}


{#- Writes every expectation on the model of an `eda` test into the history. -#}
{% macro eda_judge(test, elapsed) %}
    {%- set model = graph.nodes[test.attached_node] -%}
    {%- set relation = api.Relation.create(database=model.database, schema=model.schema, identifier=model.alias) -%}
    {%- do eda_insert_checks(test.unique_id, model.name, eda_evaluation(relation), elapsed) -%}
{% endmacro %}


{% macro eda_is_eda(node) %}
    {{- return(node.test_metadata is defined and node.test_metadata is not none and node.test_metadata.name == 'eda') -}}
{% endmacro %}


{#- The `eda` tests of the models that this run has built. -#}
{% macro eda_built(results) %}
    {%- if eda_expectations() is none -%}
        {%- do log('eda: the accepted thresholds are not in the warehouse, so nothing was judged. Load them with `dbt seed`.', info=true) -%}
        {{- return([]) -}}
    {%- endif -%}
    {%- set ids = results | selectattr('status', 'equalto', 'success') | map(attribute='node.unique_id') | list -%}
    {{- return(eda_tests() | selectattr('attached_node', 'in', ids) | list) -}}
{% endmacro %}


{#- All `eda` tests of the project, by the name of their model. -#}
{% macro eda_tests() %}
    {%- set tests = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' and eda_is_eda(node) -%}
        {%- do tests.append(node) -%}
    {%- endfor -%}
    {{- return(tests | sort(attribute='attached_node')) -}}
{% endmacro %}


{#- The name of what a test is about: its model, or for a source the table. -#}
{% macro eda_tested_model(node) %}
    {%- set id = node.attached_node if node.attached_node is defined and node.attached_node else (node.depends_on.nodes | first) -%}
    {{- return((id or '').split('.') | last) -}}
{% endmacro %}


{% macro eda_run_columns() %}
    {{- return(
        "'" ~ invocation_id ~ "', timestamp '" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "', '" ~ flags.WHICH ~ "', '" ~ target.name ~ "'"
    ) -}}
{% endmacro %}


{#- What a test of this severity counts in the score. -#}
{% macro eda_weight(severity) %}
    {{- return(var('quality_weights', {'error': 3, 'warn': 1}).get(severity, 1)) -}}
{% endmacro %}


{#- Copies the rows of an evaluation into the history. -#}
{% macro eda_insert_checks(test_id, model_name, select_sql, elapsed) %}
    {%- do run_query(
        'insert into ' ~ eda_history() ~ ' select ' ~ eda_run_columns() ~ ", '" ~ test_id ~ "', 'eda', '" ~ model_name
        ~ "', column_name, expectation, severity, status, violations, observed, expected, "
        ~ "case severity when 'error' then " ~ eda_weight('error') ~ ' else ' ~ eda_weight('warn') ~ ' end, '
        ~ ('null' if elapsed is none else elapsed) ~ ', null, distribution from (' ~ select_sql ~ ')'
    ) -%}
{% endmacro %}


{#- The row of a test that is not ours, as SQL values. -#}
{% macro eda_plain_row(result) %}
    {%- set node = result.node -%}
    {%- set severity = (node.config.severity if node.config.severity is defined else 'error') | lower -%}
    {%- set metadata = node.test_metadata if node.test_metadata is defined else none -%}
    {%- set kind = 'unit' if node.resource_type == 'unit_test' else ('generic' if metadata else 'singular') -%}
    {%- set texts = [
        node.unique_id, kind, eda_tested_model(node), node.column_name if node.column_name is defined else none,
        metadata.name if metadata else node.name, severity, result.status | string
    ] -%}
    {%- set literals = [] -%}
    {%- for text in texts -%}{%- do literals.append(eda_literal(text)) -%}{%- endfor -%}
    {{- return(
        '(' ~ eda_run_columns() ~ ', ' ~ literals | join(', ') ~ ', ' ~ ('null' if result.failures is none else result.failures)
        ~ ', null, null, ' ~ eda_weight(severity) ~ ', ' ~ result.execution_time ~ ', '
        ~ eda_literal((result.message or '')[:500] or none) ~ ', null)'
    ) -}}
{% endmacro %}


{% macro eda_literal(text) %}
    {{- return('null' if text is none else dbt.string_literal(dbt.escape_single_quotes(text))) -}}
{% endmacro %}


{#- Says what came out. Returns what the hook runs: for a `dbt run` that built something bad, a statement that fails, so that dbt
    reports the hook as it reports any failure. -#}
{% macro eda_report(built) %}
    {%- set this_run = " where invocation_id = '" ~ invocation_id ~ "'" -%}
    {%- set violated = run_query(
        'select status, model, column_name, expectation, observed, expected from ' ~ eda_history() ~ this_run
        ~ " and kind = 'eda' and status in ('fail', 'warn') order by status, model"
    ).rows -%}
    {%- for row in violated[:20] -%}
        {%- do log('eda: ' ~ row['status'] ~ ' ' ~ row['model'] ~ '.' ~ row['column_name'] ~ ' ' ~ row['expectation'] ~ ': ' ~ row['observed']
            ~ ', expected ' ~ row['expected'], info=true) -%}
    {%- endfor -%}
    {%- set score = run_query('select * from ' ~ eda_history().incorporate(path={'identifier': 'scores'}) ~ this_run).rows | first -%}
    {%- if score -%}
        {%- do log('eda: quality ' ~ '%.1f' | format((score['score'] or 0) | float) ~ ' %: ' ~ score['passed'] ~ ' of ' ~ score['tests']
            ~ ' tests and expectations hold, ' ~ score['failed'] ~ ' fail, ' ~ score['warned'] ~ ' warn', info=true) -%}
    {%- endif -%}
    {%- set failed = violated | selectattr('status', 'equalto', 'fail') | list -%}
    {%- if built and failed and var('eda_on_run', 'error') == 'error' -%}
        {{- return("select error('" ~ failed | length ~ " expectations do not hold on what this run has built; see quality.test_results.')") -}}
    {%- endif -%}
{% endmacro %}
