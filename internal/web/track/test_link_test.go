package track_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/web/track"
)

type never struct{ testing.TB }

func (n never) Unsubscribe(_ context.Context, id int64) error {
	n.Errorf("unsubscribed by delivery %d", id)
	return nil
}

func TestTheLinkOfATestMessageActsOnNothing(t *testing.T) {
	t.Parallel()
	keys, err := message.NewKeys([]byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	h := track.Handler(keys, never{t}, slog.New(slog.DiscardHandler))
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		r := httptest.NewRequest(method, "/u/"+message.Sign(keys, message.Unsubscribe, message.TestDelivery), strings.NewReader("List-Unsubscribe=One-Click"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(got, "This is a test") || strings.Contains(got, "<form") {
			t.Errorf("%s: %d, %s", method, w.Code, got)
		}
	}
}
