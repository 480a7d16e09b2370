package email

import (
	"errors"
	"net/mail"
	"strings"

	"github.com/rewave/rewave/internal/customer"
)

// parseSender reads a configured sender: `Name <mailbox>` or a mailbox.
func parseSender(s string) (*mail.Address, error) {
	if strings.ContainsAny(s, "\r\n\x00") {
		return nil, errors.New("has a line end in it")
	}
	a, err := mail.ParseAddress(s)
	if err != nil {
		return nil, errors.New("is not a mailbox: write `Shop <news@shop.example>`")
	}
	if a.Address, err = customer.CheckAddress(a.Address); err != nil {
		return nil, err
	}
	return a, nil
}
