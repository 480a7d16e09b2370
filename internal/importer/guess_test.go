package importer

import (
	"bytes"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// A line that is not UTF-8 refuses its file only where the whole file plausibly
// is in another encoding.
func TestGuessingAnEncoding(t *testing.T) {
	t.Parallel()
	west, gb := charmap.Windows1252.NewEncoder().String, simplifiedchinese.GB18030.NewEncoder().String
	same := func(text string) (string, error) { return text, nil }
	for name, test := range map[string]struct {
		encode func(string) (string, error)
		text   string // from its first line that is not ASCII
		want   string
	}{
		"a German name":                 {west, "1,Jürgen,Köln\n", Windows1252},
		"two letters side by side":      {west, "1,Größe,Créée,Cañón\n", Windows1252},
		"Portuguese":                    {west, "1,Promoções,Ação,Não\n", Windows1252},
		"French, with marks of its own": {west, "1,«déjà vu»,l’été – 3 €\n", Windows1252},
		"Chinese":                       {gb, "1,王小明,龙井茶\n", GB18030},
		"one Chinese character":         {gb, "1,茶\n", GB18030},
		"a rare character":              {gb, "1,朱镕基,A\n", GB18030},
		"with Latin words":              {gb, "1,iPhone手机,T恤,size大\n", GB18030},
		"one line that tells nothing":   {gb, "1,x茶y\n2,王小明,龙井茶\n3,浙江省\n", GB18030},
		"a broken byte":                 {same, "1,t\xff\xffa\n", ""},
		"a character cut short":         {same, "1,J\xc3\n2,Jürgen\n", ""},
		"a byte among good ones":        {same, "1,Jürgen,J\xfcrgen\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := test.encode(test.text)
			if err != nil {
				t.Fatal(err)
			}
			l := newLineReader("f.csv", UTF8, bytes.NewReader([]byte("id,name\n"+text)))
			if _, err := l.next(); err != nil {
				t.Fatal(err)
			}
			if _, err := l.next(); l.guess != test.want || (err != nil) != (test.want != "") {
				t.Errorf("got %q, %v; want %q", l.guess, err, test.want)
			}
		})
	}
	t.Run("Latin-1 in a file that was UTF-8 so far is one bad row", func(t *testing.T) {
		t.Parallel()
		l := newLineReader("f.csv", UTF8, bytes.NewReader([]byte("1,Jürgen\n2,J\xfcrgen\n")))
		for _, want := range []bool{false, true} {
			line, err := l.next()
			if err != nil || (line.bad != nil) != want {
				t.Errorf("line %d: rejected %v, %v; want %v", line.number, line.bad, err, want)
			}
		}
	})
}

func TestNumbersWithAComma(t *testing.T) {
	t.Parallel()
	n := numberReader{comma: true}
	for text, want := range map[string]string{"2,00": "2.00", "1.234,5": "1234.5", "12.345.678": "12345678", "-3,1": "-3.1", "7": "7",
		"2.00": "", "1.23,4": "", ".123": "", "1,2,3": "", "1.234.5": "", "1,234.50": "", "1234.567,8": ""} {
		if got, ok := n.point([]byte(text)); ok != (want != "") || ok && string(got) != want {
			t.Errorf("%q is %q, %v; want %q", text, got, ok, want)
		}
	}
	for text, want := range map[string]bool{"2,00": true, "1.234,5": true, "1,2345": true, "1,234": false, "1,000.00": false, "2.00": false, "a,b": false, ",": false, "1,": false} {
		if got := decimalComma([]byte(text)); got != want {
			t.Errorf("%q surely has a decimal comma: %v; want %v", text, got, want)
		}
	}
	if _, ok := n.quantity([]byte("1.000,0")); !ok {
		t.Error("1.000,0 is no quantity")
	}
	plain := numberReader{}
	if _, bad := plain.price([]byte("2,00")); bad == nil || bad.full() != `the price has a decimal comma: "2,00"` {
		t.Errorf("2,00 with a decimal point: %v", bad)
	}
}

func TestTimeFormats(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		values []string
		want   string
		unsure bool
	}{
		"German":             {[]string{"3.2.2026 9:30", "", "24.12.2025 10:00"}, "DD.MM.YYYY hh:mm", false},
		"day first":          {[]string{"03/02/2026", "24/12/2025"}, "DD/MM/YYYY", false},
		"month first":        {[]string{"03/02/2026", "12/24/2025"}, "MM/DD/YYYY", false},
		"either":             {[]string{"03-02-2026 10:00:00"}, "DD-MM-YYYY hh:mm:ss", true},
		"Chinese":            {[]string{"2026/2/3 10:00"}, "YYYY/MM/DD hh:mm", false},
		"ISO 8601":           {[]string{"2026-02-03 10:00"}, "", false},
		"of several forms":   {[]string{"03/02/2026", "03.02.2026"}, "", false},
		"nothing of a time":  {[]string{"03/02/2026", "tea"}, "", false},
		"nothing whatsoever": {[]string{""}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var l looks
			for _, value := range test.values {
				l.note([]byte(value))
			}
			got, unsure := l.timeFormat()
			if got != test.want || unsure != test.unsure {
				t.Errorf("got %q, unsure %v; want %q, %v", got, unsure, test.want, test.unsure)
			}
			if got == "" {
				return
			}
			layout, err := timeLayout(got)
			if err != nil {
				t.Fatal(err)
			}
			clock := newClockReader(nil, []string{layout + "Z07:00"})
			for _, value := range test.values {
				if _, ok := clock.read([]byte(value + "Z")); value != "" && !ok {
					t.Errorf("%s is not read as %s", value, got)
				}
			}
		})
	}
}

// A file has one way to write its decimals: the one that most of them have.
func TestGuessingTheDecimal(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		values []string
		want   bool
	}{
		"commas":                 {[]string{"2,00", "9,90", "3"}, true},
		"points":                 {[]string{"2.00", "9.90", "3"}, false},
		"one comma among points": {[]string{"2.00", "9.90", "2,00"}, false},
		"one point among commas": {[]string{"2,00", "9,90", "2.00"}, true},
		"as many of both":        {[]string{"2,00", "9.90"}, false},
		"no number among commas": {[]string{"2,00", "free"}, false},
		"whole numbers":          {[]string{"2", "9"}, false},
	} {
		var l looks
		for _, v := range test.values {
			l.note([]byte(v))
		}
		if got := l.decimal(); got != test.want {
			t.Errorf("%s: got %v, want %v", name, got, test.want)
		}
	}
}
