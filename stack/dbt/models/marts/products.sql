with

lines as (

    select * from {{ ref('invoice_lines') }}
    where line_kind = 'product'

),

described as (

    select * from {{ ref('int_products_described') }}

),

totals as (

    select
        stock_code,
        cast(coalesce(sum(quantity) filter (where transaction_kind = 'sale'), 0) as bigint) as units_sold,
        cast(coalesce(-sum(quantity) filter (where transaction_kind = 'return'), 0) as bigint) as units_returned,
        cast(coalesce(sum(line_amount) filter (where transaction_kind = 'sale'), 0) as decimal(18, 2)) as gross_revenue,
        cast(coalesce(-sum(line_amount) filter (where transaction_kind = 'return'), 0) as decimal(18, 2)) as returned_amount,
        cast(sum(line_amount) as decimal(18, 2)) as net_revenue,
        count(distinct invoice_id) filter (where transaction_kind = 'sale') as sales_invoices,
        min(unit_price) filter (where transaction_kind = 'sale') as lowest_price,
        max(unit_price) filter (where transaction_kind = 'sale') as highest_price,
        min(invoice_date) filter (where transaction_kind = 'sale') as first_sold_date,
        max(invoice_date) filter (where transaction_kind = 'sale') as last_sold_date
    from lines
    group by stock_code

)

select
    totals.stock_code,
    described.product_description,
    described.usual_price,
    totals.lowest_price,
    totals.highest_price,
    totals.sales_invoices,
    totals.units_sold,
    totals.units_returned,
    -- More may come back than was sold in the period: bought before it began.
    case when totals.units_sold > 0 then totals.units_returned / totals.units_sold end as return_rate,
    totals.gross_revenue,
    totals.returned_amount,
    totals.net_revenue,
    totals.first_sold_date,
    totals.last_sold_date
from totals
left join described on totals.stock_code = described.stock_code
