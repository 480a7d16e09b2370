package engine

import (
	"context"
	"fmt"
	"strconv"

	"github.com/rewave/rewave/internal/message"
)

// Unsubscribe withdraws the consent of a delivery's customer on its channel. It
// takes effect with its commit: no gate that begins later lets a message
// through. Once and twice are the same.
func (e *Engine) Unsubscribe(ctx context.Context, deliveryID int64) error {
	if err := e.ledger().WithdrawConsent(ctx, deliveryID, fmt.Sprintf("unsubscribe:%d", deliveryID), e.at()); err != nil {
		return fmt.Errorf("unsubscribe by delivery %d: %w", deliveryID, err)
	}
	e.Log.Info("unsubscribed", "delivery", deliveryID)
	return nil
}

func (e *Engine) unsubscribeURL(deliveryID int64) string {
	return e.Shop.PublicURL + "/u/" + message.Sign(e.Links.Keys, message.Unsubscribe, deliveryID)
}

// Ref names a delivery to providers: the same for every try, and no other
// installation's.
func (e *Engine) Ref(deliveryID int64) string {
	return strconv.FormatInt(deliveryID, 10) + "." + e.Links.Installation
}
