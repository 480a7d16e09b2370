package customer_test

import (
	"testing"

	"github.com/rewave/rewave/internal/customer"
)

func TestCheckPhone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		want string
		err  error
	}{
		"+49 (30) 90-18.20": {want: "+4930901820"},
		"+8613800138000":    {want: "+8613800138000"},
		"＋86 138 0013 8000": {want: "+8613800138000"},
		"0049 30 901820":    {want: "+4930901820"},
		"+49 (0)30 901820":  {want: "+4930901820"},
		"+49(0) 30/901820":  {want: "+4930901820"},
		"0049 (0) 30901820": {want: "+4930901820"},
		"(+49) (0)30901820": {want: "+4930901820"},
		"+358 ( 0 )9 12345": {want: "+358912345"},
		"+39 (0)6 698 1234": {want: "+39066981234"},
		"+49 30 9018(0)20":  {want: "+49309018020"},
		"(0)30 901820":      {err: customer.ErrNoCode},
		"49 (0)30 901820":   {err: customer.ErrNoCode},
		"+(0)30 901820":     {err: customer.ErrPhone},
		"13800138000":       {err: customer.ErrNoCode},
		"030 901820":        {err: customer.ErrNoCode},
		"call me":           {err: customer.ErrPhone},
		"":                  {err: customer.ErrPhone},
		"+12":               {err: customer.ErrPhone},
		"+0301820123":       {err: customer.ErrPhone},
		"+49+30901820":      {err: customer.ErrPhone},
		"+1234567890123456": {err: customer.ErrPhone},
	}
	for text, test := range tests {
		if got, err := customer.CheckPhone(text); got != test.want || err != test.err {
			t.Errorf("%q is %q, %v; want %q, %v", text, got, err, test.want, test.err)
		}
	}
}
