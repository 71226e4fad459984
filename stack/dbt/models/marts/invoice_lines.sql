{#- Whole days are replaced: a line that was corrected or taken back within the lookback leaves no trace of its old self. -#}
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='invoice_date',
        on_schema_change='append_new_columns'
    )
}}

select
    invoice_line_id,
    invoice_id,
    invoice_date,
    invoiced_at,
    customer_id,
    country,
    region,
    stock_code,
    line_kind,
    transaction_kind,
    quantity,
    unit_price,
    line_amount
from {{ ref('int_invoice_lines_classified') }}

{% if is_incremental() %}

    where
        invoice_date >= (
            select coalesce(max(loaded.invoice_date), date '1900-01-01') - interval '{{ var("lookback_days") }} days'
            from {{ this }} as loaded
        )

{% endif %}
