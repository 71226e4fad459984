{#- The test that is declared once a model: a row for each expectation that does not hold. Which expectations there are is decided when
    it runs, from the columns that the relation has and the accepted thresholds of each. -#}
{% test eda(model) %}

{{ config(warn_if='> 0', error_if="> 0 and count(*) filter (where status = 'fail') > 0") }}

{%- do ref(var('eda_expectations_seed', 'eda_expectations')) -%}

{%- if execute -%}
select * exclude (distribution)
from (

{{ eda_evaluation(model) }}

) as expectations
where status in ('fail', 'warn')
{%- endif -%}

{% endtest %}
