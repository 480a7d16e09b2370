package gsm_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rewave/rewave/internal/gsm"
)

func TestMeasure(t *testing.T) {
	t.Parallel()
	x := strings.Repeat
	tests := []struct{ name, text, want string }{
		{"nothing", "", "0 segments (GSM-7, 0 characters)"},
		{"one letter", "a", "1 segment (GSM-7, 1 character)"},
		{"as long as one can be", x("a", 160), "1 segment (GSM-7, 160 characters)"},
		{"one more", x("a", 161), "2 segments (GSM-7, 161 characters)"},
		{"two parts", x("a", 306), "2 segments (GSM-7, 306 characters)"},
		{"three parts", x("a", 307), "3 segments (GSM-7, 307 characters)"},
		{"the whole alphabet", "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà", "1 segment (GSM-7, 65 characters)"},
		{"the extension takes two each", "\f^{}\\[~]|€", "1 segment (GSM-7, 20 characters)"},
		{"an extension character is not cut", x("a", 152) + "€" + x("a", 152), "3 segments (GSM-7, 306 characters)"},
		{"a letter of another alphabet", x("a", 69) + "ł", "1 segment (UCS-2, 70 characters)"},
		{"one more of them", x("a", 70) + "ł", "2 segments (UCS-2, 71 characters)"},
		{"Chinese", x("感", 134), "2 segments (UCS-2, 134 characters)"},
		{"Chinese, one more", x("感", 135), "3 segments (UCS-2, 135 characters)"},
		{"an emoji is two", "🎁", "1 segment (UCS-2, 2 characters)"},
		{"an emoji is not cut", x("a", 66) + "🎁" + x("a", 66), "3 segments (UCS-2, 134 characters)"},
		{"a curly apostrophe", "it’s", "1 segment (UCS-2, 4 characters)"},
		{"no-break space", "20\u00a0€", "1 segment (UCS-2, 4 characters)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(gsm.Measure(tt.text).String(), tt.want); diff != "" {
				t.Errorf("-got +want\n%s", diff)
			}
		})
	}
	if got := gsm.Foreign("Grüße, Łukasz"); got != "Ł" {
		t.Errorf("foreign = %q", got)
	}
}

// Another way to count: no more parts than if each were one unit short, and no
// fewer than the units need.
func TestPartsHoldTheUnits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aé€[感🎁")), 0, 400, -1).Draw(t, "text")
		got := gsm.Measure(text)
		units, single, part := 0, 160, 153
		if got.Encoding == gsm.UCS2 {
			units, single, part = len(utf16.Encode([]rune(text))), 70, 67
		} else {
			units = len([]rune(text)) + strings.Count(text, "€") + strings.Count(text, "[")
		}
		least, most := (units+part-1)/part, (units+part-2)/(part-1)
		if units <= single {
			least, most = min(units, 1), min(units, 1)
		}
		if got.Characters != units || got.Segments < least || got.Segments > most {
			t.Fatalf("%q: %v, want %d characters in %d to %d segments", text, got, units, least, most)
		}
	})
}
