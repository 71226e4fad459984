-- Nothing may be lost or doubled on the way: sums over the mart equal sums over the source.
{{ config(severity='error') }}

with

source as (

    select
        count(*) as lines,
        round(sum("Quantity" * "UnitPrice"), 2) as amount
    from {{ source('online_retail', 'transactions') }}

),

mart as (

    select
        count(*) as lines,
        cast(sum(line_amount) as double) as amount
    from {{ ref('invoice_lines') }}

)

select
    source.lines as source_lines,
    mart.lines as mart_lines,
    source.amount as source_amount,
    mart.amount as mart_amount
from source
cross join mart
where source.lines != mart.lines or abs(source.amount - mart.amount) > 0.01
