with

lines as (

    select * from {{ ref('invoice_lines') }}
    where customer_id is not null and transaction_kind in ('sale', 'return')

),

-- Recency counts from the day after the last one in the data, so that it means the same whenever the model is built.
last_day as (

    select max(invoice_date) as last_invoice_date from {{ ref('invoice_lines') }}

),

totals as (

    select
        customer_id,
        arg_max(country, (invoiced_at, country)) as country,
        arg_max(region, (invoiced_at, country)) as region,
        min(invoice_date) filter (where transaction_kind = 'sale') as first_purchase_date,
        max(invoice_date) filter (where transaction_kind = 'sale') as last_purchase_date,
        count(distinct invoice_id) filter (where transaction_kind = 'sale') as purchases,
        count(distinct invoice_id) filter (where transaction_kind = 'return') as returns,
        cast(coalesce(sum(line_amount) filter (where line_kind = 'product'), 0) as decimal(18, 2)) as net_revenue
    from lines
    group by customer_id

),

measured as (

    select
        totals.*,
        date_diff('day', totals.last_purchase_date, last_day.last_invoice_date) + 1 as recency_days
    from totals
    cross join last_day

),

scored as (

    -- Fifths of those who bought; ties fall by number, so that every build scores alike.
    select
        customer_id,
        cast(ntile(5) over (order by recency_days desc, customer_id asc) as integer) as recency_score,
        cast(ntile(5) over (order by purchases, customer_id) as integer) as frequency_score,
        cast(ntile(5) over (order by net_revenue, customer_id) as integer) as monetary_score
    from measured
    where purchases > 0

)

select
    measured.customer_id,
    measured.country,
    measured.region,
    measured.first_purchase_date,
    measured.last_purchase_date,
    measured.purchases,
    measured.returns,
    measured.net_revenue,
    measured.recency_days,
    scored.recency_score,
    scored.frequency_score,
    scored.monetary_score,
    case
        when scored.customer_id is null then 'returns only'
        when scored.recency_score >= 4 and scored.frequency_score >= 4 and scored.monetary_score >= 4 then 'champion'
        when scored.frequency_score >= 4 then 'loyal'
        when scored.monetary_score >= 4 then 'big spender'
        when scored.recency_score >= 4 then 'recent'
        when scored.recency_score <= 2 then 'at risk'
        else 'regular'
    end as segment
from measured
left join scored on measured.customer_id = scored.customer_id
