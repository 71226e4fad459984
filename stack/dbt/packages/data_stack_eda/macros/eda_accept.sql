{#- Thresholds are changed on purpose, in two steps that a person sees:

        dbt run-operation eda_propose                                  # prints the lines that would change; writes nothing
        dbt run-operation eda_accept                                   # writes them into the seed: read them with `git diff`
        dbt run-operation eda_accept --args '{models: [customers]}'    # of some models only
        dbt run-operation eda_accept --args '{models: [customers], all: true}'   # lines that still hold, too

    Without `all`, a line stays as it is, by hand or not, while it holds. Accepting also makes the data as it is now the last
    good run, which drift is measured from. -#}
{% macro eda_propose(models=none, all=false) %}
    {%- if execute -%}
        {%- set proposal = eda_proposal(models, all) -%}
        {%- for line in proposal.removed -%}{%- do print('- ' ~ line) -%}{%- endfor -%}
        {%- for line in proposal.added -%}{%- do print('+ ' ~ line) -%}{%- endfor -%}
        {%- if not proposal.removed and not proposal.added -%}{%- do print('Every column has a line, and every line holds.') -%}{%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro eda_accept(models=none, all=false) %}
    {%- if execute -%}
        {%- set proposal = eda_proposal(models, all) -%}
        {%- do eda_write(proposal.lines) -%}
        {%- do run_query('create or replace table ' ~ eda_seed_relation() ~ ' as select * from ' ~ eda_file_sql()) -%}
        {%- do eda_make_history() -%}
        {%- for model in proposal.models -%}
            {#- Drift from before is what is being accepted, so nothing of it counts as a failure. -#}
            {%- do eda_insert_checks('eda_accept', model.name, "select * replace ('accepted' as status) from (" ~ eda_evaluation(model.relation)
                ~ ') where distribution is not null', none) -%}
        {%- endfor -%}
        {%- do eda_commit() -%}
        {%- do print(proposal.added | length ~ ' lines written, ' ~ proposal.removed | length ~ ' taken away. See them with `git diff`.') -%}
    {%- endif -%}
{% endmacro %}


{#- The seed's columns in their order, with their types. -#}
{% macro eda_fields() %}
    {{- return({
        'model': 'varchar', 'column_name': 'varchar', 'data_type': 'varchar', 'severity': 'varchar', 'null_share_max': 'double',
        'is_unique': 'boolean', 'range_min': 'varchar', 'range_max': 'varchar', 'accepted_values': 'varchar',
        'freshness_hours_max': 'double', 'drift_max': 'double', 'accepted_on': 'date', 'reason': 'varchar'
    }) -}}
{% endmacro %}


{#- The seed's file. A person may have edited it since it was loaded, so proposals start from it and not from the warehouse. -#}
{% macro eda_file() %}
    {%- set node = eda_expectations_node() -%}
    {{- return(dbt.escape_single_quotes(node.root_path ~ '/' ~ node.original_file_path)) -}}
{% endmacro %}


{% macro eda_file_sql() %}
    {%- set pairs = [] -%}
    {%- for field, type in eda_fields().items() -%}{%- do pairs.append("'" ~ field ~ "': '" ~ type ~ "'") -%}{%- endfor -%}
    {{- return("read_csv('" ~ eda_file() ~ "', header = true, columns = {" ~ pairs | join(', ') ~ '})') -}}
{% endmacro %}


{% macro eda_seed_relation() %}
    {%- set seed = eda_expectations_node() -%}
    {%- set relation = api.Relation.create(database=seed.database, schema=seed.schema, identifier=seed.alias) -%}
    {%- do run_query('create schema if not exists ' ~ relation.without_identifier()) -%}
    {{- return(relation) -}}
{% endmacro %}


{#- Every line as it would be: lines (dicts), models ({name, relation} looked at), removed and added (texts). -#}
{% macro eda_proposal(models, all) %}
    {%- set proposal = {'lines': [], 'models': [], 'removed': [], 'added': []} -%}
    {%- set before = eda_all_lines() -%}
    {%- for test in eda_tests() -%}
        {%- set node = graph.nodes[test.attached_node] -%}
        {%- set relation = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
        {%- if relation is none or (models and node.name not in models) -%}
            {%- do proposal.lines.extend(before.get(node.name, {}).values()) -%}
        {%- else -%}
            {%- do proposal.models.append({'name': node.name, 'relation': relation}) -%}
            {%- do eda_propose_model(proposal, relation, before.get(node.name, {}), all) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(proposal) -}}
{% endmacro %}


{#- The lines of all models as the file has them: model to column to line. -#}
{% macro eda_all_lines() %}
    {%- set lines = {} -%}
    {%- for row in run_query('select * from ' ~ eda_file_sql()).rows -%}
        {%- if row['model'] not in lines -%}{%- do lines.update({row['model']: {}}) -%}{%- endif -%}
        {%- do lines[row['model']].update({row['column_name']: eda_line(row)}) -%}
    {%- endfor -%}
    {{- return(lines) -}}
{% endmacro %}


{% macro eda_propose_model(proposal, relation, before, all) %}
    {%- set violated = eda_violated_columns(relation, before) if before and not all else [] -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}
    {%- set seen = eda_observations(relation, columns) -%}
    {%- set after = {'*': eda_table_line(relation.identifier, seen)} -%}
    {%- for column in columns -%}
        {%- do after.update({column.name: eda_column_line(relation.identifier, column, seen, 'c' ~ loop.index)}) -%}
    {%- endfor -%}
    {%- for name, line in after.items() -%}
        {%- set old = before.get(name) -%}
        {%- if old and not all and name not in violated -%}
            {%- do proposal.lines.append(old) -%}
        {%- elif old and eda_csv(old, dated=false) == eda_csv(line, dated=false) -%}
            {%- do proposal.lines.append(old) -%}
        {%- else -%}
            {%- if old -%}{%- do proposal.removed.append(eda_csv(old)) -%}{%- endif -%}
            {%- do proposal.added.append(eda_csv(line)) -%}
            {%- do proposal.lines.append(line) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for name, old in before.items() if name not in after -%}
        {%- do proposal.removed.append(eda_csv(old)) -%}
    {%- endfor -%}
{% endmacro %}


{% macro eda_violated_columns(relation, lines) %}
    {%- set rows = run_query('select distinct column_name from (' ~ eda_evaluation(relation, lines)
        ~ ") where status in ('fail', 'warn') and expectation not in ('row_count_drift', 'distribution_drift', 'freshness')").rows -%}
    {{- return(rows | map(attribute='column_name') | list) -}}
{% endmacro %}


{#- One row with what the proposal needs of every column. -#}
{% macro eda_observations(relation, columns) %}
    {%- set aggregates = ['count(*) as total_rows'] -%}
    {%- for column in columns -%}
        {%- set q = adapter.quote(column.name) -%}
        {%- set name = 'c' ~ loop.index -%}
        {%- set kind = eda_kind(column.dtype) -%}
        {%- do aggregates.extend(['count(' ~ q ~ ') as ' ~ name ~ '_values', 'count(distinct ' ~ q ~ ') as ' ~ name ~ '_distinct']) -%}
        {%- if kind == 'number' -%}
            {%- set value = 'cast(' ~ q ~ ' as double)' -%}
            {%- do aggregates.extend(['min(' ~ value ~ ') as ' ~ name ~ '_min', 'max(' ~ value ~ ') as ' ~ name ~ '_max',
                'quantile_disc(' ~ value ~ ', 0.99) as ' ~ name ~ '_p99']) -%}
        {%- elif kind == 'time' -%}
            {%- do aggregates.extend(['cast(min(' ~ q ~ ') as varchar) as ' ~ name ~ '_min', 'cast(max(' ~ q ~ ') as varchar) as ' ~ name ~ '_max']) -%}
        {%- elif kind == 'text' -%}
            {%- do aggregates.append("case when count(distinct " ~ q ~ ") <= 12 then array_to_string(list_sort(list(distinct cast(" ~ q
                ~ " as varchar)) filter (where " ~ q ~ " is not null)), '|') end as " ~ name ~ '_set') -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(run_query('select ' ~ aggregates | join(', ') ~ ' from ' ~ relation).rows | first) -}}
{% endmacro %}


{#- A table may hold half and double the rows that it has. -#}
{% macro eda_table_line(model_name, seen) %}
    {%- set rows = seen['total_rows'] | int -%}
    {%- set line = eda_empty_line(model_name, '*') -%}
    {%- do line.update({
        'range_min': (rows / 2) | round(0, 'floor') | int | string, 'range_max': (rows * 2) | string, 'drift_max': 0.25,
        'reason': rows ~ ' rows'
    }) -%}
    {{- return(line) -}}
{% endmacro %}


{% macro eda_empty_line(model_name, column_name) %}
    {%- set line = {} -%}
    {%- for field in eda_fields() -%}{%- do line.update({field: none}) -%}{%- endfor -%}
    {%- do line.update({'model': model_name, 'column_name': column_name, 'severity': 'error', 'accepted_on': run_started_at.strftime('%Y-%m-%d')}) -%}
    {{- return(line) -}}
{% endmacro %}


{#- What to expect of a column, from its type, its name and what is seen of it. `n` is the prefix of its aggregates. -#}
{% macro eda_column_line(model_name, column, seen, n) %}
    {%- set kind = eda_kind(column.dtype) -%}
    {%- set rows = seen['total_rows'] | int -%}
    {%- set values = seen[n ~ '_values'] | int -%}
    {%- set distinct = seen[n ~ '_distinct'] | int -%}
    {%- set is_key = modules.re.search(var('eda_key_pattern', '(_id|_code|_key)$'), column.name) is not none -%}
    {%- set reason = [] -%}
    {%- set line = eda_empty_line(model_name, column.name) -%}
    {%- do line.update({'data_type': column.dtype | lower, 'null_share_max': eda_null_share(rows, values)}) -%}
    {%- if values < rows -%}{%- do reason.append('%.1f %% nulls' | format(100 * (rows - values) / rows)) -%}{%- endif -%}

    {%- if is_key -%}
        {%- if values == rows and distinct == rows and rows > 1 -%}{%- do line.update({'is_unique': true}) -%}{%- endif -%}
        {%- do reason.append(distinct ~ ' different values') -%}
    {%- elif kind == 'number' and values -%}
        {%- do line.update(eda_number_range(seen[n ~ '_min'] | float, seen[n ~ '_max'] | float, column.dtype)) -%}
        {%- do line.update({'drift_max': 0.2}) -%}
        {%- do reason.append('%g to %g, 99 %% up to %g' | format(seen[n ~ '_min'] | float, seen[n ~ '_max'] | float, seen[n ~ '_p99'] | float)) -%}
    {%- elif kind == 'time' and values -%}
        {%- do line.update({'range_min': seen[n ~ '_min'][:10]}) -%}
        {%- do reason.append(seen[n ~ '_min'][:10] ~ ' to ' ~ seen[n ~ '_max'][:10]) -%}
    {%- elif kind in ['text', 'boolean'] and distinct -%}
        {%- if kind == 'text' and seen[n ~ '_set'] and rows >= 20 * distinct -%}{%- do line.update({'accepted_values': seen[n ~ '_set']}) -%}{%- endif -%}
        {%- if distinct <= 50 -%}{%- do line.update({'drift_max': 0.2}) -%}{%- endif -%}
        {%- do reason.append(distinct ~ ' different values') -%}
    {%- endif -%}
    {%- do line.update({'reason': reason | join('; ')}) -%}
    {{- return(line) -}}
{% endmacro %}


{#- No nulls where there are none; else a quarter more of them than now, and one in a hundred rows. -#}
{% macro eda_null_share(rows, values) %}
    {%- if values == rows -%}{{- return(0.0) -}}{%- endif -%}
    {{- return([(1.25 * (rows - values) / rows + 0.01) | round(2, 'ceil'), 1.0] | min) -}}
{% endmacro %}


{#- Half of the observed span is left free on either side, in two digits; what was never negative must not become so, and shares
    stay between 0 and 1. -#}
{% macro eda_number_range(low, high, dtype) %}
    {%- set whole = dtype | lower in ['tinyint', 'smallint', 'integer', 'bigint', 'hugeint'] -%}
    {%- if low >= 0 and high <= 1 and not whole -%}{{- return({'range_min': '0', 'range_max': '1'}) -}}{%- endif -%}
    {%- set slack = (high - low) / 2 -%}
    {{- return({
        'range_min': '0' if low >= 0 else eda_two_digits(low - slack, 'floor', whole),
        'range_max': '0' if high <= 0 else eda_two_digits(high + slack, 'ceil', whole)
    }) -}}
{% endmacro %}


{% macro eda_two_digits(number, method, whole) %}
    {%- if number == 0 -%}{{- return('0') -}}{%- endif -%}
    {%- set exponent = ('%e' | format(number)).split('e')[1] | int -%}
    {%- set unit = 10 ** ([exponent - 1, 0] | max if whole else exponent - 1) -%}
    {{- return('%.15g' | format(((number / unit) | round(0, method)) * unit)) -}}
{% endmacro %}


{#- A line as the seed's file has it. -#}
{% macro eda_csv(line, dated=true) %}
    {%- set cells = [] -%}
    {%- for field in eda_fields() if dated or field != 'accepted_on' -%}
        {%- set cell = eda_cell(line[field]) -%}
        {%- do cells.append('"' ~ cell.replace('"', '""') ~ '"' if ',' in cell or '"' in cell else cell) -%}
    {%- endfor -%}
    {{- return(cells | join(',')) -}}
{% endmacro %}


{% macro eda_cell(value) %}
    {%- if value is none -%}{{- return('') -}}{%- endif -%}
    {%- if value is boolean -%}{{- return('true' if value else 'false') -}}{%- endif -%}
    {{- return('%.15g' | format(value) if value is float else value | string) -}}
{% endmacro %}


{#- DuckDB writes the file, since a template cannot. -#}
{% macro eda_write(lines) %}
    {%- set rows = [] -%}
    {%- for line in lines -%}
        {%- set cells = [loop.index] -%}
        {%- for field in eda_fields() -%}{%- do cells.append(eda_literal(eda_cell(line[field]) or none)) -%}{%- endfor -%}
        {%- do rows.append('(' ~ cells | join(', ') ~ ')') -%}
    {%- endfor -%}
    {%- set fields = eda_fields().keys() | join(', ') -%}
    {%- do run_query('copy (select ' ~ fields ~ ' from (values ' ~ rows | join(', ') ~ ') as lines(position, ' ~ fields
        ~ ") order by position) to '" ~ eda_file() ~ "' (format csv, header true)") -%}
{% endmacro %}
