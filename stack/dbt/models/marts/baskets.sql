with

lines as (

    select * from {{ ref('invoice_lines') }}
    where transaction_kind = 'sale' and line_kind = 'product'

)

select
    invoice_id,
    min(invoiced_at) as purchased_at,
    min(customer_id) as customer_id,
    min(country) as country,
    count(distinct stock_code) as products,
    cast(sum(quantity) as bigint) as units,
    cast(sum(line_amount) as decimal(18, 2)) as basket_amount
from lines
group by invoice_id
