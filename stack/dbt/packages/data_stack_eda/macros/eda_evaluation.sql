{#- A select with one row an expectation on `relation`: column_name, expectation, severity, status (pass, warn, fail, or skipped
    where there is nothing yet to compare with), violations, observed, expected, distribution (JSON, what a later run compares
    its own with). The relation is read once. `lines` are the thresholds by column; without them those in the warehouse. -#}
{% macro eda_evaluation(relation, lines=none) %}
    {%- set lines = eda_lines(relation.identifier) if lines is none else lines -%}
    {%- set baseline = eda_baseline(relation.identifier) -%}
    {%- set state = {'deciles': [], 'aggregates': ['count(*) as total_rows'], 'distances': ['*'], 'checks': []} -%}
    {%- set columns = adapter.get_columns_in_relation(relation) -%}

    {%- do eda_table_checks(state, lines.get('*'), baseline) -%}
    {%- for column in columns -%}
        {%- set line = lines.get(column.name) -%}
        {%- if line is none -%}
            {%- do eda_check(state, column.name, 'declared', 'warn', 'false', 1, "'no line'", 'a line of accepted thresholds') -%}
        {%- else -%}
            {%- do eda_column_checks(state, 'c' ~ loop.index, column, line, baseline) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set names = columns | map(attribute='name') | list -%}
    {%- for name, line in lines.items() if name != '*' and name not in names -%}
        {%- do eda_check(state, name, 'present', line.severity, 'false', 1, "'no such column'", line.data_type) -%}
    {%- endfor -%}

    {{- return(eda_evaluation_sql(relation, state)) -}}
{% endmacro %}


{% macro eda_evaluation_sql(relation, state) %}
{%- set query -%}
with

{% if state.deciles -%}
deciles as (

    select
        {{ state.deciles | join(',\n        ') }}
    from {{ relation }}

),

{% endif -%}
summary as (

    select
        {{ state.aggregates | join(',\n        ') }}
    from {{ relation }}{{ ' cross join deciles' if state.deciles }}

),

measured as (

    select
        {{ state.distances | join(',\n        ') }}
    from summary

),

checks as (

    select judged.*
    from measured
    cross join lateral (
        values
        {%- for check in state.checks %}
        ({{ eda_literal(check.column_name) }}, '{{ check.expectation }}', '{{ check.severity }}', {{ check.passed }}, {{ check.violations }}, {{ check.observed }}, {{ eda_literal(check.expected | string) }}, {{ check.distribution }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as judged(column_name, expectation, severity, passed, violations, observed, expected, distribution)

)

select
    column_name,
    expectation,
    severity,
    case
        when passed is null then 'skipped'
        when cast(passed as boolean) then 'pass'
        when severity = 'error' then 'fail'
        else 'warn'
    end as status,
    case when cast(passed as boolean) then 0 else cast(violations as bigint) end as violations,
    cast(observed as varchar) as observed,
    expected,
    cast(distribution as varchar) as distribution
from checks
order by case status when 'fail' then 1 when 'warn' then 2 else 3 end
{%- endset -%}
{{- return(query) -}}
{% endmacro %}


{#- Adds an expectation. `passed`, `violations`, `observed` and `distribution` are SQL over the aggregates; `expected` is text. -#}
{% macro eda_check(state, column_name, expectation, severity, passed, violations, observed, expected, distribution='null') %}
    {%- do state.checks.append({
        'column_name': column_name, 'expectation': expectation, 'severity': severity, 'passed': passed,
        'violations': violations, 'observed': observed, 'expected': expected, 'distribution': distribution
    }) -%}
{% endmacro %}


{#- What is expected of the table as a whole: the line whose column is `*`. -#}
{% macro eda_table_checks(state, line, baseline) %}
    {%- if line is none -%}
        {%- do eda_check(state, '*', 'declared', 'error', 'false', 1, "'no line'",
            'accepted thresholds; see them proposed by `dbt run-operation eda_propose`') -%}
        {{- return('') -}}
    {%- endif -%}
    {%- set bounds = eda_bounds('total_rows', line, 'bigint') -%}
    {%- if bounds -%}
        {%- do eda_check(state, '*', 'row_count', line.severity, 'not (' ~ bounds.outside ~ ')', 1, "total_rows || ' rows'", bounds.text) -%}
    {%- endif -%}
    {%- if line.drift_max is not none -%}
        {%- if baseline.rows -%}
            {%- set change = '(total_rows - ' ~ baseline.rows ~ ') / ' ~ baseline.rows -%}
            {%- do eda_check(state, '*', 'row_count_drift', line.severity, 'abs(' ~ change ~ ') <= ' ~ line.drift_max,
                'abs(total_rows - ' ~ baseline.rows ~ ')', "printf('%+.1f %%', 100 * (" ~ change ~ '))',
                'at most ' ~ eda_percent(line.drift_max) ~ ' away from the ' ~ baseline.rows ~ ' rows of ' ~ baseline.at,
                "json_object('values', total_rows)") -%}
        {%- else -%}
            {%- do eda_check(state, '*', 'row_count_drift', line.severity, 'null', 0, "total_rows || ' rows'", 'no earlier good run',
                "json_object('values', total_rows)") -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- What is expected of a column, from its type and its line. `name` is the prefix of its aggregates. -#}
{% macro eda_column_checks(state, name, column, line, baseline) %}
    {%- set q = adapter.quote(column.name) -%}
    {%- set kind = eda_kind(column.dtype) -%}
    {%- do eda_check(state, column.name, 'type', line.severity,
        'true' if column.dtype | lower == line.data_type | lower else 'false', 1,
        dbt.string_literal(column.dtype | lower), line.data_type | lower) -%}

    {%- if line.null_share_max is not none -%}
        {%- do state.aggregates.append('count(*) - count(' ~ q ~ ') as ' ~ name ~ '_nulls') -%}
        {%- set nulls = name ~ '_nulls' -%}
        {%- if line.null_share_max == 0 -%}
            {%- do eda_check(state, column.name, 'not_null', line.severity, nulls ~ ' = 0', nulls, nulls ~ " || ' nulls'", 'no null') -%}
        {%- else -%}
            {%- do eda_check(state, column.name, 'null_share', line.severity,
                nulls ~ ' <= ' ~ line.null_share_max ~ ' * total_rows', nulls,
                "printf('%.1f %% nulls', 100 * " ~ nulls ~ ' / greatest(total_rows, 1))',
                'at most ' ~ eda_percent(line.null_share_max) ~ ' nulls') -%}
        {%- endif -%}
    {%- endif -%}

    {%- if line.is_unique -%}
        {%- do state.aggregates.append('count(' ~ q ~ ') - count(distinct ' ~ q ~ ') as ' ~ name ~ '_repeats') -%}
        {%- do eda_check(state, column.name, 'unique', line.severity, name ~ '_repeats = 0', name ~ '_repeats',
            name ~ "_repeats || ' repeats'", 'every value once') -%}
    {%- endif -%}

    {%- set bounds = eda_bounds(q, line, column.dtype) if kind in ['number', 'time'] -%}
    {%- if bounds -%}
        {%- do state.aggregates.append('count(*) filter (where ' ~ bounds.outside ~ ') as ' ~ name ~ '_outside') -%}
        {%- do state.aggregates.append("coalesce(min(" ~ q ~ ") || ' to ' || max(" ~ q ~ "), 'no value') as " ~ name ~ '_extent') -%}
        {%- do eda_check(state, column.name, 'accepted_range', line.severity, name ~ '_outside = 0', name ~ '_outside',
            name ~ '_extent', bounds.text) -%}
    {%- endif -%}

    {%- if line.accepted_values -%}
        {%- set accepted = [] -%}
        {%- for value in line.accepted_values.split('|') -%}
            {%- do accepted.append(dbt.string_literal(dbt.escape_single_quotes(value))) -%}
        {%- endfor -%}
        {%- set unexpected = 'cast(' ~ q ~ ' as varchar) not in (' ~ accepted | join(', ') ~ ')' -%}
        {%- do state.aggregates.append('count(*) filter (where ' ~ unexpected ~ ') as ' ~ name ~ '_unexpected') -%}
        {%- do state.aggregates.append('array_to_string(list_sort(list(distinct cast(' ~ q ~ ' as varchar)) filter (where '
            ~ unexpected ~ "))[:3], ', ') as " ~ name ~ '_strange') -%}
        {%- do eda_check(state, column.name, 'accepted_values', line.severity, name ~ '_unexpected = 0', name ~ '_unexpected',
            'coalesce(' ~ name ~ "_strange, 'none but the accepted')", 'one of ' ~ line.accepted_values.split('|') | join(', ')) -%}
    {%- endif -%}

    {%- if line.freshness_hours_max is not none -%}
        {%- set as_of = eda_as_of() -%}
        {%- do state.aggregates.append('max(' ~ q ~ ') as ' ~ name ~ '_newest') -%}
        {%- set age = as_of ~ ' - cast(' ~ name ~ '_newest as timestamp)' -%}
        {%- set hours = line.freshness_hours_max | int -%}
        {%- do eda_check(state, column.name, 'freshness', line.severity,
            'coalesce(' ~ age ~ ' between to_hours(0) and to_hours(' ~ hours ~ '), false)', 1,
            "coalesce('newest is ' || " ~ name ~ "_newest, 'no value')",
            'newest at most ' ~ hours ~ ' hours before ' ~ var('data_as_of', 'now') ~ ', and not after it') -%}
    {%- endif -%}

    {%- if line.drift_max is not none -%}
        {%- do eda_drift_check(state, name, column, kind, line, baseline.distributions.get(column.name)) -%}
    {%- endif -%}
{% endmacro %}


{#- The bounds of a line: SQL that holds for a value outside, and text. None where the line has none. -#}
{% macro eda_bounds(expression, line, dtype) %}
    {%- set outside = [] -%}
    {%- if line.range_min -%}
        {%- do outside.append(expression ~ " < cast('" ~ line.range_min ~ "' as " ~ dtype ~ ')') -%}
    {%- endif -%}
    {%- if line.range_max -%}
        {%- do outside.append(expression ~ " > cast('" ~ line.range_max ~ "' as " ~ dtype ~ ')') -%}
    {%- endif -%}
    {%- if not outside -%}{{- return(none) -}}{%- endif -%}
    {%- set text -%}
        {%- if line.range_min and line.range_max -%}{{ line.range_min }} to {{ line.range_max }}
        {%- elif line.range_min -%}at least {{ line.range_min }}
        {%- else -%}at most {{ line.range_max }}
        {%- endif -%}
    {%- endset -%}
    {{- return({'outside': outside | join(' or '), 'text': text | string}) -}}
{% endmacro %}


{#- What a type is for the expectations: number, time, text, boolean or other. -#}
{% macro eda_kind(dtype) %}
    {%- set name = dtype | lower -%}
    {%- if '[' in name or name.startswith('struct') or name.startswith('map') -%}{{- return('other') -}}{%- endif -%}
    {%- if name.startswith('timestamp') or name == 'date' -%}{{- return('time') -}}{%- endif -%}
    {%- if name.startswith('decimal') or name.endswith('int') or name in ['integer', 'double', 'float', 'real'] -%}
        {{- return('number') -}}
    {%- endif -%}
    {%- if name.startswith('varchar') or name.startswith('enum') -%}{{- return('text') -}}{%- endif -%}
    {{- return('boolean' if name == 'boolean' else 'other') -}}
{% endmacro %}


{#- The moment that freshness counts back from: the variable `data_as_of`, or now. -#}
{% macro eda_as_of() %}
    {%- set as_of = var('data_as_of', 'now') -%}
    {{- return('cast(now() as timestamp)' if as_of == 'now' else "timestamp '" ~ as_of ~ "'") -}}
{% endmacro %}


{% macro eda_percent(share) %}
    {{- return('%g %%' | format((share * 100) | round(2))) -}}
{% endmacro %}
