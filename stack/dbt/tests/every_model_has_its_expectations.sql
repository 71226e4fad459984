-- A model without the `eda` test would never be judged. Fails with the names of such models.
{%- set covered = [] -%}
{%- set missing = [] -%}
{%- if execute -%}
    {%- for test in eda_tests() -%}{%- do covered.append(test.attached_node) -%}{%- endfor -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.unique_id not in covered -%}
        {%- do missing.append("select '" ~ node.name ~ "' as model_without_eda_test") -%}
    {%- endfor -%}
{%- endif %}

{{ missing | join(' union all ') or "select 'none' as model_without_eda_test where false" }}
