package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

type object = map[string]any

// client is somebody who works in a cluster beside the plugin.
type client struct {
	client *http.Client
	server string
}

func newClient(t *testing.T, kubeconfig string) *client {
	t.Helper()
	settings, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	require.NoError(t, err)
	settings.QPS, settings.Burst = -1, -1
	reached, err := rest.HTTPClientFor(settings)
	require.NoError(t, err)
	reached.Timeout = 30 * time.Second
	return &client{reached, settings.Host}
}

// ask sends a request and returns the status and the answer.
func (c *client) ask(ctx context.Context, method, path, kind string, body any) (int, object, error) {
	content, err := json.Marshal(body)
	if err != nil {
		return 0, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(content))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Accept", "application/json")
	response, err := c.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	if content, err = io.ReadAll(response.Body); err != nil {
		return 0, nil, err
	}
	var answer object
	if response.StatusCode == http.StatusNotFound && !json.Valid(content) {
		return response.StatusCode, nil, nil // of a group that nobody serves
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		return response.StatusCode, nil, fmt.Errorf("%s %s: %s: %w", method, path, content, err)
	}
	return response.StatusCode, answer, nil
}

// get returns an object, nil when there is none.
func (c *client) get(t *testing.T, path string) object {
	t.Helper()
	status, answer, err := c.ask(t.Context(), http.MethodGet, path, "application/json", nil)
	for deadline := time.Now().Add(time.Minute); err == nil && status == http.StatusTooManyRequests && time.Now().Before(deadline); {
		time.Sleep(100 * time.Millisecond) // a definition is new
		status, answer, err = c.ask(t.Context(), http.MethodGet, path, "application/json", nil)
	}
	require.NoError(t, err)
	if status == http.StatusNotFound {
		return nil
	}
	require.Equal(t, http.StatusOK, status, "%s: %v", path, answer["message"])
	return answer
}

// create makes an object as somebody else.
func (c *client) create(t *testing.T, path string, made object) {
	t.Helper()
	status, answer, err := c.ask(t.Context(), http.MethodPost, path+"?fieldManager=somebody", "application/json", made)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, "%s: %v", path, answer["message"])
}

// names lists the names of the objects below a path that pass a test.
func (c *client) names(t *testing.T, path string, pass func(metadata object) bool) (names []string) {
	t.Helper()
	items, _ := c.get(t, path)["items"].([]any)
	for _, item := range items {
		metadata, _ := item.(object)["metadata"].(object)
		if pass == nil || pass(metadata) {
			names = append(names, fmt.Sprint(metadata["name"]))
		}
	}
	return names
}
