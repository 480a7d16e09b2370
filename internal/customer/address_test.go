package customer_test

import (
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/customer"
)

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	tests := []struct{ in, want, fault string }{
		{"ann@shop.example", "ann@shop.example", ""},
		{"Ann.O'Hara+news@Shop.Example", "Ann.O'Hara+news@shop.example", ""},
		{"12345@demo.invalid", "12345@demo.invalid", ""},
		{"ann@bücher.example", "ann@xn--bcher-kva.example", ""},
		{"ann@例子.测试", "ann@xn--fsqu00a.xn--0zwm56d", ""},
		{"ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example", ""},
		{"", "", "is empty"},
		{"ann", "", "has no @ between two parts"},
		{"@shop.example", "", "has no @ between two parts"},
		{"ann@", "", "has no @ between two parts"},
		{"Ann <ann@shop.example>", "", "has characters before the @ that do not belong there"},
		{"ann@shop.example\r\nBcc: x@y.example", "", "has characters before the @ that do not belong there"},
		{"ann@shop.example\r\n", "", "has a domain that is not one"},
		{"ann\x00@shop.example", "", "has characters before the @ that do not belong there"},
		{"an n@shop.example", "", "has characters before the @ that do not belong there"},
		{`"ann b"@shop.example`, "", "has characters before the @ that do not belong there"},
		{"ann..b@shop.example", "", "has characters before the @ that do not belong there"},
		{".ann@shop.example", "", "has characters before the @ that do not belong there"},
		{"a@b@shop.example", "", "has characters before the @ that do not belong there"},
		{"jürgen@shop.example", "", "has letters before the @ that mail servers do not take"},
		{long + "aa@shop.example", "", "has more than 64 characters before the @"},
		{"ann@localhost", "", "has a domain that is not one"},
		{"ann@[192.0.2.1]", "", "has a domain that is not one"},
		{"ann@192.0.2.1", "", "has a domain that is not one"},
		{"ann@shop..example", "", "has a domain that is not one"},
		{"ann@-shop.example", "", "has a domain that is not one"},
		{"ann@shop.example.", "", "has a domain that is not one"},
		{"ann@shop_a.example", "", "has a domain that is not one"},
		{"ann@xn--\u00fc.example", "", "has a domain that is not one"},
		{"ann@" + long + "." + long + "." + long + "." + long + ".example", "", "has a domain that is not one"},
		{long + "@" + long + "." + long + "." + long + ".example", "", "has more than 254 characters"},
	}
	for _, tt := range tests {
		got, err := customer.CheckAddress(tt.in)
		fault := ""
		if err != nil {
			fault = err.Error()
		}
		if got != tt.want || fault != tt.fault {
			t.Errorf("CheckAddress(%q) = %q, %q; want %q, %q", tt.in, got, fault, tt.want, tt.fault)
		}
	}
}

func FuzzCheckAddress(f *testing.F) {
	for _, s := range []string{"ann@shop.example", "ann@bücher.example", "a@xn--a.b", "\r\n@x.y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := customer.CheckAddress(s)
		if err != nil {
			return
		}
		for _, c := range []byte(got) {
			if c <= ' ' || c >= 0x7f || c == '<' || c == '>' || c == ',' {
				t.Fatalf("%q became %q", s, got)
			}
		}
		if again, err := customer.CheckAddress(got); err != nil || again != got {
			t.Fatalf("%q became %q, which becomes %q, %v", s, got, again, err)
		}
	})
}
