package workers

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/hibiken/asynq"

	"github.com/rewave/rewave/internal/engine"
)

// sendDeliveries is the task that carries one chunk. Its handler is
// send_deliveries.go, its use case engine.SendDeliveries.
const sendDeliveries = "deliveries:send"

// taskTimeout ends a handler that hangs; longer than a gate and a call, and
// shorter than the lease would let anybody else believe us dead.
const taskTimeout = 5 * time.Minute

// newTask wraps a chunk. Its id is new each time: a task that the queue cannot
// get rid of blocks one hint and never a delivery. One retry, because asynq
// counts a crash of the worker as a try and drops what has none left.
func newTask(c engine.Chunk) (*asynq.Task, string, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return nil, "", fmt.Errorf("encode chunk: %w", err)
	}
	id := "chunk:" + uuid.NewString()
	return asynq.NewTask(sendDeliveries, payload, asynq.TaskID(id), asynq.Queue(string(queueOf(c.Channel))),
		asynq.MaxRetry(1), asynq.Timeout(taskTimeout)), id, nil
}
