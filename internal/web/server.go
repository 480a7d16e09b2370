// Package web is what answers over HTTP: one mux, one server, and behind it one
// package for each public: track for customers' links, feedback for providers, metrics for Prometheus; the
// API and the console come beside it. It knows no storage; what it needs it is handed.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"github.com/rewave/rewave/internal/fault"
	"github.com/rewave/rewave/internal/message"
	"github.com/rewave/rewave/internal/web/feedback"
	"github.com/rewave/rewave/internal/web/track"
)

// Options of a server. All fields but Notes, Feedback, Metrics, Pages and Log are required.
type Options struct {
	Health func(context.Context) error // nil when the process can do its work; given two seconds
	// Notes is what those who look after it should know though it works; nil: nothing ever.
	Notes        func(ctx context.Context) []string
	Keys         message.Keys // verify the links
	Unsubscriber track.Unsubscriber
	Feedback     map[string][]string // secrets by channel; none: no provider speaks here
	Recorder     feedback.Recorder   // of Feedback
	Metrics      http.Handler        // answers /metrics; nil: nothing is there
	Pages        http.Handler        // answers all other addresses; nil: nothing is there
	Log          *slog.Logger        // nil: slog.Default()
}

// Server answers until Shutdown.
type Server struct{ http *http.Server }

// New builds the server; it listens nowhere yet.
func New(opts Options) *Server {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", health(opts))
	mux.Handle("/u/", track.Handler(opts.Keys, opts.Unsubscriber, opts.Log))
	if len(opts.Feedback) > 0 {
		mux.Handle("/feedback/", feedback.Handler(opts.Feedback, opts.Recorder, time.Now, opts.Log))
	}
	if opts.Metrics != nil {
		mux.Handle("GET /metrics", opts.Metrics)
	}
	if opts.Pages != nil {
		mux.Handle("/", opts.Pages)
	}
	return &Server{http: &http.Server{
		Handler:           http.MaxBytesHandler(mux, 1<<20),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(opts.Log.Handler(), slog.LevelDebug), // broken connections and the like
	}}
}

// Listen opens the address. A port in use is a fault that says so.
func Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	why, hint := err.Error(), "choose another address with REWAVE_LISTEN"
	var system syscall.Errno
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		why, hint = "the port is in use", "stop what uses it, or choose another one with REWAVE_LISTEN"
	case errors.As(err, &system):
		why = system.Error()
	}
	return nil, fault.Wrap(fault.Unavailable, err, "cannot listen on "+addr+": "+why, hint)
}

// Serve answers on l until Shutdown, and closes l. It returns nil after Shutdown.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown stops listening and waits until the requests under way are answered
// or ctx ends; then it cuts them off and returns ctx's error.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		return errors.Join(err, s.http.Close())
	}
	return nil
}

// health says whether the process can do its work, and why not in words that
// hold no secret: an internal error is logged and shown as such.
func health(opts Options) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		type answer struct {
			Message string   `json:"message,omitempty"`
			Status  string   `json:"status"`
			Notes   []string `json:"notes,omitempty"`
		}
		status, says := http.StatusOK, answer{Status: "ok"}
		if opts.Notes != nil {
			says.Notes = opts.Notes(ctx)
		}
		if err := opts.Health(ctx); err != nil {
			opts.Log.WarnContext(ctx, "health check", "error", err)
			status, says.Status, says.Message = http.StatusServiceUnavailable, "unavailable", "internal error"
			if f, ok := fault.Of(err); ok {
				says.Message = f.Message
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(says) // the client may have gone
	})
}
