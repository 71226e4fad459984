{#- A layer has its own schema, named as in dbt_project.yml: `marts.customers`, not `main_marts.customers`.
    dbt's prefix keeps developers apart in one shared database; here every developer has a warehouse file. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
