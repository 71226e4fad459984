with

lines as (

    select * from {{ ref('invoice_lines') }}
    where line_kind = 'product'

),

returned as (

    select * from lines
    where transaction_kind = 'return'

),

sold as (

    select
        customer_id,
        stock_code,
        invoice_id,
        invoiced_at
    from lines
    where transaction_kind = 'sale' and customer_id is not null

),

-- The return names no sale; the customer's latest earlier purchase of the same product is the likeliest one.
matched as (

    select
        returned.invoice_line_id,
        max(sold.invoiced_at) as purchased_at,
        arg_max(sold.invoice_id, (sold.invoiced_at, sold.invoice_id)) as purchase_invoice_id
    from returned
    inner join sold
        on
            returned.customer_id = sold.customer_id
            and returned.stock_code = sold.stock_code
            and returned.invoiced_at >= sold.invoiced_at
    group by returned.invoice_line_id

)

select
    returned.invoice_line_id,
    returned.invoice_id as return_invoice_id,
    returned.invoice_date as return_date,
    returned.customer_id,
    returned.country,
    returned.stock_code,
    -returned.quantity as units_returned,
    cast(-returned.line_amount as decimal(18, 2)) as returned_amount,
    matched.purchase_invoice_id,
    date_diff('day', cast(matched.purchased_at as date), returned.invoice_date) as days_to_return
from returned
left join matched on returned.invoice_line_id = matched.invoice_line_id
