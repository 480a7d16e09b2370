package show

import (
	"context"
	"net/http"
)

func (s *site) report(w http.ResponseWriter, r *http.Request) error {
	return s.given(w, r, s.Report)
}

func (s *site) plan(w http.ResponseWriter, r *http.Request) error {
	return s.given(w, r, s.Plan)
}

// given is a page that was made elsewhere, as it is.
func (s *site) given(w http.ResponseWriter, r *http.Request, of func(context.Context, string) ([]byte, error)) error {
	if of == nil {
		return noPage()
	}
	c, err := s.named(r)
	if err != nil {
		return err
	}
	page, err := of(r.Context(), c.Name)
	if err != nil {
		return err
	}
	send(w, r, http.StatusOK, "text/html; charset=utf-8", reportPolicy, page)
	return nil
}
