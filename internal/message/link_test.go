package message_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rewave/rewave/internal/message"
)

func keys(t testing.TB, secrets ...string) message.Keys {
	t.Helper()
	var raw [][]byte
	for _, s := range secrets {
		raw = append(raw, []byte(s))
	}
	k, err := message.NewKeys(raw...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const (
	goldenToken = "ZKw9QQAAAAAAAAAqtpFIJgqAEDfng_PrjjHC0Q" // oldSecret, delivery 42
	oldSecret   = "the secret of last year, long enough"
	newSecret   = "the secret of this year, long enough"
)

// If this changes, links in customers' mailboxes stop working.
func TestTokensKeepTheirForm(t *testing.T) {
	t.Parallel()
	if got, want := message.Sign(keys(t, oldSecret), message.Unsubscribe, 42), goldenToken; got != want {
		t.Errorf("token = %q, want %q", got, want)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	old, rotated, foreign := keys(t, oldSecret), keys(t, newSecret, oldSecret), keys(t, "somebody else's secret")
	for _, id := range []int64{1, 42, math.MaxInt64} {
		for name, signed := range map[string]string{
			"old secret":           message.Sign(old, message.Unsubscribe, id),
			"rotated":              message.Sign(rotated, message.Unsubscribe, id),
			"same again":           message.Sign(rotated, message.Unsubscribe, id),
			"signed before rotate": message.Sign(old, message.Unsubscribe, id),
		} {
			got, err := message.Verify(rotated, message.Unsubscribe, signed)
			if err != nil || got != id {
				t.Errorf("%s: Verify = %d, %v; want %d", name, got, err, id)
			}
		}
		for name, token := range map[string]string{
			"another purpose": message.Sign(old, message.Purpose("click"), id),
			"foreign secret":  message.Sign(foreign, message.Unsubscribe, id),
			"newer secret":    message.Sign(rotated, message.Unsubscribe, id),
			"empty":           "",
			"line end in it":  message.Sign(old, message.Unsubscribe, id)[:10] + "\n" + message.Sign(old, message.Unsubscribe, id)[10:],
			"longer":          message.Sign(old, message.Unsubscribe, id) + "A",
		} {
			if got, err := message.Verify(old, message.Unsubscribe, token); !errors.Is(err, message.ErrToken) {
				t.Errorf("%s: Verify = %d, %v; want ErrToken", name, got, err)
			}
		}
	}
}

func TestNoFlippedBitVerifies(t *testing.T) {
	t.Parallel()
	k := keys(t, oldSecret)
	good := []byte(message.Sign(k, message.Unsubscribe, 42))
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			if id, err := message.Verify(k, message.Unsubscribe, string(bad)); err == nil {
				t.Errorf("byte %d bit %d: accepted as %d", i, bit, id)
			}
		}
	}
}

func TestNewKeysRefuses(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string][][]byte{"none": nil, "short": {[]byte("short")}} {
		if _, err := message.NewKeys(secrets...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestUnsubscribeHeaders(t *testing.T) {
	t.Parallel()
	got := message.UnsubscribeHeaders("https://shop.example/u/x", "stop@shop.example")
	want := map[string]string{
		"List-Unsubscribe":      "<https://shop.example/u/x>, <mailto:stop@shop.example>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func FuzzVerify(f *testing.F) {
	k := keys(f, newSecret, oldSecret)
	f.Add(message.Sign(k, message.Unsubscribe, 42))
	f.Add(message.Sign(k, "click", 42))
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		id, err := message.Verify(k, message.Unsubscribe, token)
		if err != nil {
			return
		}
		if message.Sign(k, message.Unsubscribe, id) != token && message.Sign(keys(t, oldSecret), message.Unsubscribe, id) != token {
			t.Fatalf("accepted %q, which nobody signed", token)
		}
	})
}
