with

usual_baskets as (

    select invoice_id from {{ ref('baskets') }}
    where products <= {{ var('basket_max_products') }}

),

contents as (

    select distinct
        lines.invoice_id,
        lines.stock_code
    from {{ ref('invoice_lines') }} as lines
    inner join usual_baskets on lines.invoice_id = usual_baskets.invoice_id
    where lines.transaction_kind = 'sale' and lines.line_kind = 'product'

),

basket_count as (

    select count(distinct invoice_id) as baskets from contents

),

product_counts as (

    select
        stock_code,
        count(*) as baskets
    from contents
    group by stock_code

),

pairs as (

    select
        first_product.stock_code,
        second_product.stock_code as paired_stock_code,
        count(*) as baskets_together
    from contents as first_product
    inner join contents as second_product
        on
            first_product.invoice_id = second_product.invoice_id
            and first_product.stock_code < second_product.stock_code
    group by first_product.stock_code, second_product.stock_code
    having count(*) >= {{ var('pair_min_baskets') }}

)

select
    pairs.stock_code || ' + ' || pairs.paired_stock_code as product_pair_id,
    pairs.stock_code,
    pairs.paired_stock_code,
    pairs.baskets_together,
    pairs.baskets_together / basket_count.baskets as support,
    pairs.baskets_together / first_count.baskets as confidence,
    pairs.baskets_together / second_count.baskets as reverse_confidence,
    pairs.baskets_together * basket_count.baskets / (first_count.baskets * second_count.baskets) as lift
from pairs
inner join product_counts as first_count on pairs.stock_code = first_count.stock_code
inner join product_counts as second_count on pairs.paired_stock_code = second_count.stock_code
cross join basket_count
