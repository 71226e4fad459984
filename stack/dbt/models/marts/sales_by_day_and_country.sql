with

lines as (

    select * from {{ ref('invoice_lines') }}

)

select
    invoice_date,
    country,
    region,
    count(distinct invoice_id) filter (where transaction_kind = 'sale') as sales_invoices,
    count(distinct customer_id) filter (where transaction_kind = 'sale') as known_customers,
    cast(
        coalesce(sum(quantity) filter (where transaction_kind = 'sale' and line_kind = 'product'), 0) as bigint
    ) as units_sold,
    cast(
        coalesce(sum(line_amount) filter (where transaction_kind = 'sale' and line_kind = 'product'), 0) as decimal(18, 2)
    ) as gross_revenue,
    cast(
        coalesce(-sum(line_amount) filter (where transaction_kind = 'return' and line_kind = 'product'), 0)
        as decimal(18, 2)
    ) as returned_amount,
    cast(
        coalesce(sum(line_amount) filter (where line_kind = 'product'), 0) as decimal(18, 2)
    ) as net_revenue,
    cast(
        coalesce(sum(line_amount) filter (where line_kind != 'product'), 0) as decimal(18, 2)
    ) as services_amount,
    cast(sum(line_amount) as decimal(18, 2)) as total_amount
from lines
group by invoice_date, country, region
