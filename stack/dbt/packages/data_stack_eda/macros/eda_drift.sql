{#- How far a distribution has moved since the last good run, from 0 (same) to 1.
    Numbers: the Kolmogorov-Smirnov distance, taken at that run's deciles. Categories: the total variation distance, the share of
    rows that would have to change their value for the shares to be as they were. -#}
{% macro eda_drift_check(state, name, column, kind, line, before) %}
    {%- set q = adapter.quote(column.name) -%}
    {%- if kind == 'number' -%}
        {%- set value = 'cast(' ~ q ~ ' as double)' -%}
        {%- do state.deciles.append('quantile_disc(' ~ value ~ ', [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) as ' ~ name ~ '_deciles') -%}
        {%- set at_or_below = [] -%}
        {%- for decile in range(1, 10) -%}
            {%- do at_or_below.append('count(*) filter (where ' ~ value ~ ' <= ' ~ name ~ '_deciles[' ~ decile ~ '])') -%}
        {%- endfor -%}
        {%- set keys = 'any_value(' ~ name ~ '_deciles)' -%}
        {%- set counts = '[' ~ at_or_below | join(', ') ~ ']' -%}
    {%- else -%}
        {%- set value = 'cast(' ~ q ~ ' as varchar)' -%}
        {%- set keys = 'map_keys(histogram(' ~ value ~ '))' -%}
        {%- set counts = 'map_values(histogram(' ~ value ~ '))' -%}
    {%- endif -%}
    {%- do state.aggregates.append("to_json({'values': count(" ~ q ~ "), 'keys': " ~ keys ~ ", 'counts': " ~ counts ~ '}) as ' ~ name ~ '_distribution') -%}

    {%- if before and before['values'] -%}
        {%- do state.aggregates.append(eda_drift_distance(kind, q, value, before) ~ ' as ' ~ name ~ '_drift') -%}
        {%- do eda_check(state, column.name, 'distribution_drift', line.severity, name ~ '_drift <= ' ~ line.drift_max, 1,
            "printf('%.3f', " ~ name ~ '_drift)', 'at most ' ~ line.drift_max ~ ' from the last good run', name ~ '_distribution') -%}
    {%- else -%}
        {%- do eda_check(state, column.name, 'distribution_drift', line.severity, 'null', 0, 'null', 'no earlier good run',
            name ~ '_distribution') -%}
    {%- endif -%}
{% endmacro %}


{% macro eda_drift_distance(kind, q, value, before) %}
    {%- set differences = [] -%}
    {%- set known = [] -%}
    {%- for key in before['keys'] -%}
        {%- set share = before['counts'][loop.index0] / before['values'] -%}
        {%- if kind == 'number' -%}
            {%- do differences.append('abs(count(*) filter (where ' ~ value ~ ' <= ' ~ key ~ ') / count(' ~ q ~ ') - ' ~ share ~ ')') -%}
        {%- else -%}
            {%- set literal = dbt.string_literal(dbt.escape_single_quotes(key)) -%}
            {%- do known.append(literal) -%}
            {%- do differences.append('abs(count(*) filter (where ' ~ value ~ ' = ' ~ literal ~ ') / count(' ~ q ~ ') - ' ~ share ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if kind == 'number' -%}
        {{- return('coalesce(list_max([' ~ differences | join(', ') ~ ']), 1)') -}}
    {%- endif -%}
    {%- set new = 'count(*) filter (where ' ~ value ~ ' not in (' ~ known | join(', ') ~ ')) / count(' ~ q ~ ')' -%}
    {{- return('coalesce((' ~ differences | join(' + ') ~ ' + ' ~ new ~ ') / 2, 1)') -}}
{% endmacro %}
