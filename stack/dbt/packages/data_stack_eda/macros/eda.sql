{#- The test that is declared once a model: a row for each expectation that does not hold. Which expectations there are is decided when
    it runs, from the columns that the relation has and the accepted thresholds of each. -#}
{% test eda(model) %}

{{ config(warn_if='> 0', error_if="> 0 and count(*) filter (where status = 'fail') > 0") }}

{%- do ref(var('eda_expectations_seed', 'eda_expectations')) -%}

{%- if not execute -%}
{#- Parsing: nothing of the warehouse is known. -#}
{%- elif eda_expectations() is none and flags.WHICH not in ['build', 'test'] -%}
-- `dbt compile` before the first `dbt seed`: there are no thresholds yet to compile.
select 'no thresholds' as expectation, 'skipped' as status where false
{%- elif flags.EMPTY -%}
-- With `--empty` there are no rows to judge.
select 'no rows' as expectation, 'skipped' as status where false
{%- else -%}
select * exclude (distribution)
from (

{{ eda_evaluation(model) }}

) as expectations
where status in ('fail', 'warn')
{%- endif -%}

{% endtest %}
