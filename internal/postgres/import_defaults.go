package postgres

import "context"

// ImportDefaults are what holds of the customers and products of a file where
// neither the file nor the database says it. They never replace anything.
type ImportDefaults struct {
	Customer ImportCustomer // without Line, ShopID and instants
	Product  ImportProduct  // without Line and SKU
}

func (m *merge) defaultCustomers(ctx context.Context, d ImportCustomer) error {
	if d.Email+d.Phone+d.FirstName+d.LastName+d.Locale+d.Region+d.Zone == "" {
		return nil
	}
	_, err := m.exec(ctx, "import/default_customers", said(d.Email), said(d.Phone), said(d.FirstName), said(d.LastName), said(d.Locale), said(d.Region), said(d.Zone))
	return err
}

func (m *merge) defaultProducts(ctx context.Context, d ImportProduct) error {
	if d.Name+d.Category+d.Role == "" && d.Price == nil && d.Cost == nil {
		return nil
	}
	_, err := m.exec(ctx, "import/default_products", said(d.Name), said(d.Category), d.Price, d.Cost, said(d.Role))
	return err
}

// defaultConsents comes behind the consents that the file states.
func (m *merge) defaultConsents(ctx context.Context, d ImportCustomer) error {
	for _, c := range []struct {
		channel string
		granted *bool
	}{{"email", d.ConsentEmail}, {"sms", d.ConsentSMS}} {
		if c.granted == nil {
			continue
		}
		var added int64
		if err := m.count(ctx, "import/default_consents", &added, c.channel, *c.granted); err != nil {
			return err
		}
		m.counts.Consents += added
	}
	return nil
}

// defaultAttributes comes before the attributes and tags that the file states are
// recorded, and puts the defaults among them.
func (m *merge) defaultAttributes(ctx context.Context, d ImportCustomer) error {
	if len(d.Attributes) > 0 {
		if _, err := m.exec(ctx, "attribute/default", stagedValues(d.Attributes)); err != nil {
			return err
		}
	}
	if d.Tags == nil {
		return nil
	}
	_, err := m.exec(ctx, "attribute/default_tags", d.Tags)
	return err
}
