{#- How far a distribution has moved since the last good run, from 0 (same) to 1.
    Numbers: the Kolmogorov-Smirnov distance, taken at that run's deciles. Categories: the total variation distance, the share of
    rows that would have to change their value for the shares to be as they were.
    A distribution is kept as JSON: values (how many), keys (deciles or categories), counts (values up to and including each key
    and above the one before; or of each category). -#}
{% macro eda_drift_check(state, name, column, kind, line, before) %}
    {%- set q = adapter.quote(column.name) -%}
    {%- do state.aggregates.append('count(' ~ q ~ ') as ' ~ name ~ '_values') -%}
    {%- if kind == 'number' -%}
        {%- set value = 'cast(' ~ q ~ ' as double)' -%}
        {%- do state.deciles.append(
            'list_sort(list_distinct(quantile_disc(' ~ value ~ ', [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]))) as ' ~ name ~ '_deciles'
        ) -%}
        {%- do state.aggregates.append('any_value(' ~ name ~ '_deciles) as ' ~ name ~ '_keys') -%}
        {%- do state.aggregates.append('histogram(' ~ value ~ ', ' ~ name ~ '_deciles) as ' ~ name ~ '_counts') -%}
        {%- set keys = name ~ '_keys' -%}
    {%- else -%}
        {%- do state.aggregates.append('histogram(cast(' ~ q ~ ' as varchar)) as ' ~ name ~ '_counts') -%}
        {%- set keys = 'map_keys(' ~ name ~ '_counts)' -%}
    {%- endif -%}
    {%- set distribution = "to_json({'values': " ~ name ~ "_values, 'keys': " ~ keys ~ ", 'counts': map_values(" ~ name
        ~ '_counts)[1:len(' ~ keys ~ ')]})' -%}

    {%- if not before or not before['values'] -%}
        {%- do eda_check(state, column.name, 'distribution_drift', line.severity, 'null', 0, 'null', 'no earlier good run', distribution) -%}
        {{- return('') -}}
    {%- endif -%}
    {%- if kind == 'number' -%}
        {%- do state.aggregates.append('histogram(' ~ value ~ ', ' ~ before['keys'] ~ ') as ' ~ name ~ '_moved') -%}
        {%- set distance = eda_numbers_distance(name, before) -%}
    {%- else -%}
        {%- set distance = eda_categories_distance(name, before) -%}
    {%- endif -%}
    {#- Where every value has gone, everything has moved. -#}
    {%- do state.distances.append('coalesce(' ~ distance ~ ', 1) as ' ~ name ~ '_drift') -%}
    {%- do eda_check(state, column.name, 'distribution_drift', line.severity, name ~ '_drift <= ' ~ line.drift_max, 1,
        "printf('%.3f', " ~ name ~ '_drift)', 'at most ' ~ line.drift_max ~ ' from the last good run', distribution) -%}
{% endmacro %}


{#- The greatest difference between the shares of values up to each key, then and now. -#}
{% macro eda_numbers_distance(name, before) %}
    {%- set shares = [] -%}
    {%- for count in before['counts'] -%}
        {%- do shares.append((before['counts'][:loop.index] | sum / before['values']) | round(6)) -%}
    {%- endfor -%}
    {{- return(
        'list_max(list_transform(' ~ shares ~ ', lambda share, position: abs(list_sum(map_values(' ~ name
        ~ '_moved)[1:position]) / ' ~ name ~ '_values - share)))'
    ) -}}
{% endmacro %}


{#- Half the sum of the differences between the shares of each category, those that are new included. -#}
{% macro eda_categories_distance(name, before) %}
    {%- set keys = [] -%}
    {%- set shares = [] -%}
    {%- for key in before['keys'] -%}
        {%- do keys.append(eda_literal(key)) -%}
        {%- do shares.append((before['counts'][loop.index0] / before['values']) | round(6)) -%}
    {%- endfor -%}
    {%- set known = '[' ~ keys | join(', ') ~ ']' -%}
    {%- set now = 'coalesce(' ~ name ~ '_counts[category], 0) / ' ~ name ~ '_values' -%}
    {{- return(
        '(list_sum(list_transform(' ~ known ~ ', lambda category, position: abs(' ~ now ~ ' - ' ~ shares ~ '[position]))) + 1 - list_sum(list_transform('
        ~ known ~ ', lambda category: ' ~ now ~ '))) / 2'
    ) -}}
{% endmacro %}
