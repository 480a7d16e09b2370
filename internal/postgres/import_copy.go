package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// copyRows copies n rows; row gives the values of one.
func copyRows(ctx context.Context, tx pgx.Tx, table string, columns []string, n int, row func(i int) []any) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, func(i int) ([]any, error) { return row(i), nil }))
	return err
}

func copyCustomers(ctx context.Context, tx pgx.Tx, customers []ImportCustomer) error {
	columns := []string{"seq", "line", "shop_id", "email", "email_assumed", "phone", "first_name", "last_name", "locale", "region", "zone",
		"seen_at", "region_at", "consent_email", "consent_sms", "consent_at", "attributes", "tags", "changed_at"}
	return copyRows(ctx, tx, "import_customers", columns, len(customers), func(i int) []any {
		k := &customers[i]
		return []any{number(i, k.Line), k.Line, k.ShopID, said(k.Email), k.EmailAssumed, said(k.Phone), said(k.FirstName), said(k.LastName),
			said(k.Locale), said(k.Region), said(k.Zone), instant(k.SeenAt), instant(k.RegionAt), k.ConsentEmail, k.ConsentSMS, instant(k.ConsentAt),
			stagedValues(k.Attributes), k.Tags, instant(k.ChangedAt)}
	})
}

func copyProducts(ctx context.Context, tx pgx.Tx, products []ImportProduct) error {
	columns := []string{"seq", "line", "sku", "name", "category", "price_minor", "cost_minor"}
	return copyRows(ctx, tx, "import_products", columns, len(products), func(i int) []any {
		p := &products[i]
		return []any{number(i, p.Line), p.Line, p.SKU, said(p.Name), said(p.Category), p.Price, p.Cost}
	})
}

// copyOrders copies the orders as new ones with the ids.
func copyOrders(ctx context.Context, tx pgx.Tx, orders []ImportOrder, ids []int64) error {
	columns := []string{"seq", "shop_order_id", "customer_seq", "placed_at", "currency", "gross_minor", "order_id", "is_new"}
	return copyRows(ctx, tx, "import_orders", columns, len(orders), func(i int) []any {
		o := &orders[i]
		return []any{o.Number, o.Name, index(o.Customer), o.PlacedAt, o.Currency, o.Gross, ids[i], true}
	})
}

func copyRefunds(ctx context.Context, tx pgx.Tx, refunds []ImportRefund) error {
	columns := []string{"seq", "shop_refund_id", "line_no", "customer_seq", "product_seq", "refund_of", "refunded_at", "quantity", "amount_minor"}
	return copyRows(ctx, tx, "import_refunds", columns, len(refunds), func(i int) []any {
		r := &refunds[i]
		return []any{i, r.Name, r.Line, index(r.Customer), r.Product, said(r.RefundOf), r.At, r.Quantity, r.Amount}
	})
}

// number is a row's place: its line in a file, else its index.
func number(i, line int) int {
	if line > 0 {
		return line
	}
	return i
}

// said is null for what a file does not say.
func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func index(i int32) *int32 {
	if i < 0 {
		return nil
	}
	return &i
}
