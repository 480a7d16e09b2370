package postgres

import (
	"context"
	"slices"
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
	columns := []string{"seq", "line", "sku", "name", "category", "price_minor", "cost_minor", "role"}
	return copyRows(ctx, tx, "import_products", columns, len(products), func(i int) []any {
		p := &products[i]
		return []any{number(i, p.Line), p.Line, p.SKU, said(p.Name), said(p.Category), p.Price, p.Cost, said(p.Role)}
	})
}

// copyOrders copies the orders as new ones with the ids, and with what is told of
// them where asked.
func copyOrders(ctx context.Context, tx pgx.Tx, orders []ImportOrder, ids []int64, told bool) error {
	columns := []string{"seq", "shop_order_id", "customer_seq", "placed_at", "currency", "gross_minor", "order_id", "is_new"}
	if told {
		columns = append(columns, toldColumns...)
	}
	return copyRows(ctx, tx, "import_orders", columns, len(orders), func(i int) []any {
		o := &orders[i]
		row := []any{o.Number, o.Name, index(o.Customer), o.PlacedAt, o.Currency, o.Gross, ids[i], true}
		if told {
			row = append(row, o.Told.values()...)
		}
		return row
	})
}

// toldColumns are those of OrderTold.values, in orders and in import_orders.
var toldColumns = []string{"status", "entry_path", "promised_at", "delivered_at", "discount_minor", "coupon_code"}

// values are null where nothing is said; t may be nil.
func (t *OrderTold) values() []any {
	if t == nil {
		return make([]any, len(toldColumns))
	}
	return []any{said(t.Status), said(t.EntryPath), instant(t.PromisedAt), instant(t.DeliveredAt), t.Discount, said(t.Coupon)}
}

// told says whether a file tells anything of its orders besides what was bought:
// columns of nulls are not worth their time.
func (f ImportedOrders) told() bool {
	return slices.ContainsFunc(f.Orders, func(o ImportOrder) bool { return o.Told != nil })
}

func copyRefunds(ctx context.Context, tx pgx.Tx, refunds []ImportRefund) error {
	columns := []string{"seq", "shop_refund_id", "line_no", "customer_seq", "product_seq", "refund_of", "refunded_at", "quantity", "amount_minor", "reason"}
	return copyRows(ctx, tx, "import_refunds", columns, len(refunds), func(i int) []any {
		r := &refunds[i]
		return []any{i, r.Name, r.Line, index(r.Customer), r.Product, said(r.RefundOf), r.At, r.Quantity, r.Amount, said(r.Reason)}
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
