with

lines as (

    select * from {{ ref('int_invoice_lines_classified') }}
    where line_kind = 'product'

),

-- People write remarks such as "damages" into the description of a correction; sales and returns carry the product's name.
names as (

    select
        stock_code,
        product_description,
        count(*) as lines_with_name
    from lines
    where product_description is not null and transaction_kind != 'stock_correction'
    group by stock_code, product_description

),

named as (

    select
        stock_code,
        arg_max(product_description, (lines_with_name, product_description)) as product_description
    from names
    group by stock_code

),

prices as (

    select
        stock_code,
        unit_price,
        sum(quantity) as units
    from lines
    where transaction_kind = 'sale'
    group by stock_code, unit_price

),

priced as (

    -- The price at which most pieces went: single sales over the counter cost more, wholesale less.
    select
        stock_code,
        arg_max(unit_price, (units, unit_price)) as usual_price
    from prices
    group by stock_code

)

select
    codes.stock_code,
    named.product_description,
    priced.usual_price
from (select distinct stock_code from lines) as codes
left join named on codes.stock_code = named.stock_code
left join priced on codes.stock_code = priced.stock_code
