package kubernetes

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// written is a kubeconfig with a server for each context; the first one is current.
func written(t *testing.T, user string, servers ...string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("apiVersion: v1\nkind: Config\ncurrent-context: context-0\nusers: [{name: user, user: " + user + "}]\nclusters:\n")
	for i, server := range servers {
		fmt.Fprintf(&text, "- {name: cluster-%d, cluster: {server: %q}}\n", i, server)
	}
	text.WriteString("contexts:\n")
	for i := range servers {
		fmt.Fprintf(&text, "- {name: context-%d, context: {cluster: cluster-%d, user: user}}\n", i, i)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, os.WriteFile(path, []byte(text.String()), 0o600))
	return path
}

func TestKubeconfigContexts(t *testing.T) {
	t.Parallel()
	path := written(t, "{token: hunter22}", "https://a.example.com", "https://b.example.com")
	read, err := ReadKubeconfig(path)
	require.NoError(t, err)
	chosen, err := read.Context("only")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"only": "context-0"}, chosen)
	chosen, err = read.Context("context-1", "other")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"context-1": "context-1", "other": "context-0"}, chosen)
	_, err = read.Context("one", "other")
	require.ErrorContains(t, err, "leads to https://a.example.com for the cluster one and for the cluster other")
	text, err := read.Text("context-1")
	require.NoError(t, err)
	assert.Contains(t, text, "current-context: context-1")
	assert.Contains(t, text, "hunter22")
	assert.NotContains(t, text, "a.example.com")
	assert.Equal(t, "https://b.example.com", read.Server("context-1"))
}

func TestKubeconfigsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"users: {name: hunter22}": "it is no kubeconfig",
		"":                        "it has no context",
		"contexts: [{name: a, context: {cluster: b}}]":                                                                                 `its context "a" names the cluster "b", which has no server`,
		"contexts: [{name: a, context: {cluster: b, user: c}}]\nclusters: [{name: b, cluster: {server: x}}]":                           `its context "a" names the user "c", which it does not have`,
		"contexts: [{name: a, context: {cluster: b}}]\nclusters: [{name: b, cluster: {server: x, certificate-authority: absent.pem}}]": "absent.pem: no such file or directory",
	} {
		path := filepath.Join(t.TempDir(), "kubeconfig")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := ReadKubeconfig(path)
		require.ErrorContains(t, err, want, content)
		assert.NotContains(t, err.Error(), "hunter22")
	}
	path := written(t, "{}", "https://a.example.com")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(content), "current-context: context-0", "current-context: gone", 1)), 0o600))
	read, err := ReadKubeconfig(path)
	require.NoError(t, err)
	_, err = read.Context("main")
	require.ErrorContains(t, err, `has neither a context "main" nor a current one; it has context-0`)
}

// TestProvide makes what is not there, and leaves what is.
// A kubeconfig, or what it refers to, that is no regular file is refused without waiting.
func TestKubeconfigsThatAreNoFiles(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{
		pipe,
		written(t, fmt.Sprintf("{tokenFile: %q}", pipe), "https://a.example.com"),
		written(t, fmt.Sprintf("{client-key: %q}", pipe), "https://a.example.com"),
	} {
		_, err := ReadKubeconfig(path)
		assert.EqualError(t, err, "read the kubeconfig "+path+": open "+pipe+": is a named pipe, not a regular file")
	}
}

func TestProvide(t *testing.T) {
	t.Parallel()
	made := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		switch path := request.URL.Path; {
		case path == "/api/v1":
			_, _ = answer.Write([]byte(`{"resources":[{"name":"configmaps/part","kind":"ConfigMap"},{"name":"configmaps","kind":"ConfigMap"}]}`))
		case path == "/apis/storage.k8s.io/v1":
			_, _ = answer.Write([]byte(`{"resources":[{"name":"storageclasses","kind":"StorageClass"}]}`))
		case request.Method != http.MethodPost:
			answer.WriteHeader(http.StatusNotFound)
		case made[path] > 0:
			answer.WriteHeader(http.StatusConflict)
		case path == "/api/v1/namespaces/none/configmaps":
			answer.WriteHeader(http.StatusForbidden)
			_, _ = answer.Write([]byte(`{"message":"it is not yours"}`))
		default:
			made[path]++
			answer.WriteHeader(http.StatusCreated)
		}
	}))
	t.Cleanup(server.Close)
	read, err := ReadKubeconfig(written(t, "{}", server.URL))
	require.NoError(t, err)
	cluster, err := read.Cluster("context-0", "")
	require.NoError(t, err)
	object := func(version, kind, namespace string) map[string]any {
		return map[string]any{"apiVersion": version, "kind": kind, "metadata": map[string]any{"name": "main", "namespace": namespace}}
	}
	for range 2 {
		require.NoError(t, cluster.Provide(t.Context(), object("v1", "ConfigMap", "kube-system")))
		require.NoError(t, cluster.Provide(t.Context(), object("storage.k8s.io/v1", "StorageClass", "")))
	}
	assert.Equal(t, map[string]int{"/api/v1/namespaces/kube-system/configmaps": 1, "/apis/storage.k8s.io/v1/storageclasses": 1}, made)
	require.EqualError(t, cluster.Provide(t.Context(), object("v1", "ConfigMap", "none")),
		"make ConfigMap main: the Kubernetes API answers 403: it is not yours")
	require.ErrorIs(t, cluster.Provide(t.Context(), object("posit.team/v1", "Site", "")), ErrNotFound)
}

// TestChartOfAnAPIServer looks at charts through a server that answers as the Helm
// controller leaves it, with a credential that a program prints.
func TestChartOfAnAPIServer(t *testing.T) {
	t.Parallel()
	const charts, jobs = "/apis/helm.cattle.io/v1/namespaces/helm/helmcharts/", "/apis/batch/v1/namespaces/helm/jobs/"
	const secrets = "/api/v1/namespaces/store/secrets"
	var deleted []string
	answers := map[string]string{
		charts + "new":         `{}`,
		charts + "starting":    `{"status":{"jobName":"none"}}`,
		charts + "running":     `{"status":{"jobName":"running","conditions":[{"type":"JobCreated","status":"True"},{"type":"Failed","status":"False"}]}}`,
		jobs + "running":       `{"status":{"active":1}}`,
		charts + "retried":     `{"status":{"jobName":"retried"}}`,
		jobs + "retried":       `{"status":{"conditions":[{"type":"Failed","status":"True","message":"Job has reached the specified backoff limit"}]}}`,
		charts + "done":        `{"spec":{"targetNamespace":"store"},"status":{"jobName":"done"}}`,
		charts + "uninstalled": `{"spec":{"targetNamespace":"store"},"status":{"jobName":"done"}}`,
		secrets + "owner=helm,name=done,status notin (uninstalled,uninstalling)":        `{"items":[{}]}`,
		secrets + "owner=helm,name=uninstalled,status notin (uninstalled,uninstalling)": `{"items":[]}`,
		jobs + "done":             `{"status":{"conditions":[{"type":"Complete","status":"True"}]}}`,
		"/apis/storage.k8s.io/v1": `{"resources":[{"name":"storageclasses","kind":"StorageClass"}]}`,
		"/apis/storage.k8s.io/v1/storageclasses/gp3": `{"metadata":{"labels":{"app.kubernetes.io/managed-by":"Helm"},` +
			`"annotations":{"meta.helm.sh/release-name":"storage","meta.helm.sh/release-namespace":"kube-system"}}}`,
		charts + "failed": `{"status":{"jobName":"done","conditions":[{"type":"Failed","status":"True","message":" no space "}]}}`,
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		switch text, ok := answers[request.URL.Path+request.URL.Query().Get("labelSelector")]; {
		case request.Method == http.MethodDelete:
			deleted = append(deleted, request.URL.String())
		case request.Header.Get("Authorization") != "Bearer printed":
			answer.WriteHeader(http.StatusUnauthorized)
			_, _ = answer.Write([]byte(`{"message":"Unauthorized"}`))
		case ok:
			_, _ = answer.Write([]byte(text))
		default:
			answer.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	program := filepath.Join(t.TempDir(), "program")
	require.NoError(t, os.WriteFile(program, []byte(`#!/bin/sh
test "$1" = token || exit 1
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$2'"}}'
`), 0o700))
	reach := func(argument string) *APICluster {
		path := written(t, "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ptd, args: [token, "+
			argument+"], interactiveMode: Never}}", server.URL)
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		authority := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
		content = bytes.Replace(content, []byte("{server:"), []byte("{certificate-authority-data: "+authority+", server:"), 1)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		read, err := ReadKubeconfig(path)
		require.NoError(t, err)
		cluster, err := read.Cluster("context-0", program)
		require.NoError(t, err)
		return cluster
	}
	cluster := reach("printed")
	for name, want := range map[string]ChartStatus{
		"new":      {ChartPending, "no Helm controller has begun to install it in namespace helm"},
		"starting": {ChartPending, "its job helm/none is not there yet"},
		"running":  {ChartPending, "its job helm/running has not ended"},
		"retried":  {ChartPending, "its job helm/retried failed: Job has reached the specified backoff limit"},
		"done":     {State: ChartInstalled},
		"failed":   {ChartFailed, "no space"},

		"uninstalled": {ChartUninstalled, "Helm has no release uninstalled in namespace store"},
	} {
		got, err := cluster.Chart(t.Context(), "helm", name)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	_, err := cluster.Chart(t.Context(), "helm", "absent")
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorIs(t, cluster.Reinstall(t.Context(), "helm", "absent"), ErrNotFound)
	require.NoError(t, cluster.Reinstall(t.Context(), "helm", "uninstalled"))
	assert.Equal(t, []string{jobs + "done?propagationPolicy=Background"}, deleted)
	marks, err := cluster.Object(t.Context(), "storage.k8s.io/v1", "StorageClass", "", "gp3")
	require.NoError(t, err)
	assert.True(t, marks.OwnedBy("storage", "kube-system"), "%v", marks)
	_, err = cluster.Object(t.Context(), "storage.k8s.io/v1", "StorageClass", "", "gp2")
	require.ErrorIs(t, err, ErrNotFound)
	_, err = cluster.Object(t.Context(), "posit.team/v1", "Site", "posit-team", "main")
	require.ErrorIs(t, err, ErrNotFound, "no such kind")
	_, err = reach("other").Chart(t.Context(), "helm", "done")
	require.ErrorContains(t, err, "the Kubernetes API answers 401: Unauthorized")
}
