with

source as (

    select * from {{ source('online_retail', 'transactions') }}

),

renamed as (

    select
        cast("InvoiceNo" as varchar) as invoice_id,
        upper(trim(cast("StockCode" as varchar))) as stock_code,
        nullif(trim("Description"), '') as product_description,
        cast("Quantity" as bigint) as quantity,
        cast("UnitPrice" as decimal(18, 3)) as unit_price,
        cast("InvoiceDate" as timestamp) as invoiced_at,
        -- The file writes 17850.0; loaded as a number or as text, it is the same customer.
        regexp_replace(cast("CustomerID" as varchar), '\.0$', '') as customer_id,
        "Country" as source_country
    from source

),

numbered as (

    -- Some invoices hold the same line twice. Both count: they are two scans of one article, and sums must equal the source's.
    select
        *,
        row_number() over (
            partition by
                invoice_id, stock_code, product_description, quantity, unit_price, invoiced_at, customer_id, source_country
        ) as copy_number
    from renamed

)

select
    md5(
        concat_ws(
            '|', invoice_id, stock_code, coalesce(product_description, ''), quantity, unit_price, invoiced_at,
            coalesce(customer_id, ''), source_country, copy_number
        )
    ) as invoice_line_id,
    *
from numbered
