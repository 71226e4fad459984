{#- The test that is declared once a model: one row an expectation, those that do not hold first. Which expectations there are
    is decided when it runs, from the columns that the relation has and the accepted thresholds of each.
    dbt keeps the rows (`store_failures`), and the hook `eda_record` copies them into the history: the data is read once. -#}
{% test eda(model) %}

{{
    config(
        store_failures=true,
        schema='quality',
        fail_calc="count(*) filter (where status in ('fail', 'warn'))",
        warn_if='> 0',
        error_if="> 0 and count(*) filter (where status = 'fail') > 0"
    )
}}

{%- do ref(var('eda_expectations_seed', 'eda_expectations')) -%}

{%- if execute -%}
{{ eda_evaluation(model) }}
{%- endif -%}

{% endtest %}
