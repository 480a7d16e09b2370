package coupon

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func random(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// checked says whether a code's last character is right: whether it can be one
// that Generate made.
func checked(code string) bool {
	n := len(code) - 1
	return n >= shortest && strings.Trim(code, alphabet) == "" && checkCharacter([]byte(code[:n])) == code[n]
}

func TestGeneratedCodesAreDifferentCheckedAndEasyToRead(t *testing.T) {
	t.Parallel()
	codes, err := Generate(20_000, 20_000, random(1))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, code := range codes {
		if seen[code] {
			t.Fatalf("%s came twice", code)
		}
		seen[code] = true
		if len(code) != Length(20_000) || !checked(code) || !Possible(code) || strings.ContainsAny(code, "01OI") || Normal(code) != code {
			t.Fatalf("%s: length %d, want %d; checked %v", code, len(code), Length(20_000), checked(code))
		}
	}
	if len(codes) != 20_000 {
		t.Errorf("got %d codes", len(codes))
	}
}

// The same bytes give the same codes: once written down, a code keeps its check
// character for ever.
func TestCodesAreGolden(t *testing.T) {
	t.Parallel()
	codes, err := Generate(2, 2, bytes.NewReader([]byte("the bytes that it is made of")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(codes, []string{"NA724TN7C", "M2NA3N2BV"}); diff != "" {
		t.Errorf("(-got +want):\n%s", diff)
	}
}

func TestCodesAreLongEnoughThatGuessingIsHopeless(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ codes, length int }{{0, 9}, {1, 9}, {100, 9}, {1000, 10}, {100_000, 11}, {1_000_000, 12}, {Most, 13}} {
		if got := Length(test.codes); got != test.length {
			t.Errorf("%d codes: got length %d, want %d", test.codes, got, test.length)
		}
		if odds := math.Pow(32, float64(Length(test.codes)-1)) / float64(max(1, test.codes)); odds < Odds {
			t.Errorf("%d codes: one guess in %.0f hits", test.codes, odds)
		}
	}
}

func TestEveryMistakenAndEverySwappedCharacterIsSeen(t *testing.T) {
	t.Parallel()
	codes, err := Generate(40, Most, random(2))
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes {
		for i := range code {
			for _, c := range []byte(alphabet) {
				wrong := []byte(code)
				if wrong[i] = c; c != code[i] && checked(string(wrong)) {
					t.Fatalf("%s passed for %s", wrong, code)
				}
			}
			for j := range i {
				wrong := []byte(code)
				if wrong[i], wrong[j] = code[j], code[i]; code[i] != code[j] && checked(string(wrong)) {
					t.Fatalf("%s passed for %s", wrong, code)
				}
			}
		}
	}
	for _, text := range []string{"", "2", "22222222", "0AAAAAAAA", "zzzzzzzzz", strings.ToLower(codes[0]), codes[0] + " "} {
		if checked(text) {
			t.Errorf("%q passed", text)
		}
	}
}

func TestWhatCannotBeGeneratedIsAnError(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ n, total int }{{-1, 0}, {2, 1}, {1, Most + 1}} {
		if codes, err := Generate(test.n, test.total, random(3)); err == nil {
			t.Errorf("%+v: got %d codes", test, len(codes))
		}
	}
	broken := errors.New("no entropy")
	if _, err := Generate(1, 1, iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

func TestCodesAreNormalHoweverTheyAreTyped(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{" wnga-5swg 3 ": "WNGA5SWG3", "ABC": "ABC", "": "", "\u00a0x\ty": "XY", "é": "é"} {
		if got := Normal(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
