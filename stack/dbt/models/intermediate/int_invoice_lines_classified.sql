with

lines as (

    select * from {{ ref('stg_online_retail__invoice_lines') }}

),

countries as (

    select * from {{ ref('country_regions') }}

),

services as (

    select * from {{ ref('service_codes') }}

),

classified as (

    select
        lines.invoice_line_id,
        lines.invoice_id,
        lines.stock_code,
        lines.product_description,
        lines.quantity,
        lines.unit_price,
        cast(lines.quantity * lines.unit_price as decimal(18, 3)) as line_amount,
        lines.invoiced_at,
        cast(lines.invoiced_at as date) as invoice_date,
        lines.customer_id,
        coalesce(countries.country, lines.source_country) as country,
        coalesce(countries.region, 'Unknown') as region,
        case
            when services.stock_code is not null then services.line_kind
            when starts_with(lines.stock_code, 'GIFT_') then 'gift_voucher'
            else 'product'
        end as line_kind,
        case
            when starts_with(lines.invoice_id, 'C') then 'return'
            when lines.quantity > 0 and lines.unit_price > 0 then 'sale'
            else 'stock_correction'
        end as transaction_kind
    from lines
    left join countries on lines.source_country = countries.source_country
    left join services on lines.stock_code = services.stock_code

)

select * from classified
