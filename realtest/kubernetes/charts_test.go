package kubernetes

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// chart is a chart that a program installs by the plugin itself, with what the sandbox's
// catalogue says that it brings.
type chart struct {
	name, version string
	repository    string // the address of its repository, or of itself ("oci://...", ".../chart-1.0.0.tgz")
	objects       []object
}

// chartProxy is a proxy behind which all repositories and registries have charts, and
// nothing else is. It returns its address and the file of the authority to trust.
func chartProxy(t *testing.T, charts []chart) (address, authority string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "charts"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	for _, served := range charts {
		parsed, err := url.Parse(served.repository)
		require.NoError(t, err)
		template.DNSNames = append(template.DNSNames, parsed.Hostname())
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	authority = filepath.Join(t.TempDir(), "authority.pem")
	require.NoError(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))

	packed := make([][]byte, len(charts))
	for i, served := range charts {
		packed[i] = served.pack(t)
	}
	store := httptest.NewUnstartedServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if content, typ := serveChart(charts, packed, request.Host, request.URL.Path); content != nil {
			answer.Header().Set("Content-Type", typ)
			answer.Header().Set("Docker-Content-Digest", digest(content))
			answer.Header().Set("Content-Length", fmt.Sprint(len(content)))
			if request.Method == http.MethodGet {
				_, _ = answer.Write(content)
			}
			return
		}
		http.NotFound(answer, request)
	}))
	store.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
	store.StartTLS()
	t.Cleanup(store.Close)

	proxy := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodConnect {
			http.Error(answer, "only charts are here", http.StatusForbidden)
			return
		}
		if host, _, _ := net.SplitHostPort(request.Host); !slices.Contains(template.DNSNames, host) {
			t.Logf("somebody asks for %s", request.Host)
			http.Error(answer, "no chart is there", http.StatusForbidden)
			return
		}
		inner, err := net.Dial("tcp", store.Listener.Addr().String())
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadGateway)
			return
		}
		outer, buffered, err := answer.(http.Hijacker).Hijack()
		if err != nil {
			inner.Close()
			return
		}
		_, _ = outer.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
		go func() { _, _ = io.Copy(inner, buffered); inner.Close() }() // which may have begun to come
		go func() { _, _ = io.Copy(outer, inner); outer.Close() }()
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL, authority
}

func digest(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }

// pack is the chart as an archive.
func (c chart) pack(t *testing.T) []byte {
	t.Helper()
	var content bytes.Buffer
	compressed := gzip.NewWriter(&content)
	archive := tar.NewWriter(compressed)
	add := func(name, text string) {
		require.NoError(t, archive.WriteHeader(&tar.Header{Name: c.name + "/" + name, Mode: 0o600, Size: int64(len(text))}))
		_, err := archive.Write([]byte(text))
		require.NoError(t, err)
	}
	add("Chart.yaml", fmt.Sprintf("apiVersion: v2\nname: %s\nversion: %s\n", c.name, c.version))
	for i, brought := range c.objects {
		text, err := json.Marshal(brought)
		require.NoError(t, err)
		add(fmt.Sprintf("templates/%d.yaml", i), string(text))
	}
	require.NoError(t, archive.Close())
	require.NoError(t, compressed.Close())
	return content.Bytes()
}

// serveChart is what a repository or a registry answers for a path, nil for nothing.
func serveChart(charts []chart, packed [][]byte, host, asked string) (content []byte, typ string) {
	if asked == "/v2/" {
		return []byte("{}"), "application/json"
	}
	var index strings.Builder
	for i, served := range charts {
		repository, err := url.Parse(served.repository)
		if err != nil || repository.Hostname() != host {
			continue
		}
		if repository.Scheme != "oci" {
			archive := served.name + "-" + served.version + ".tgz"
			if asked == path.Join(repository.Path, archive) || asked == repository.Path && path.Base(asked) == archive {
				return packed[i], "application/gzip"
			}
			if asked == path.Join(repository.Path, "index.yaml") {
				fmt.Fprintf(&index, "  %s:\n  - {apiVersion: v2, name: %s, version: %q, urls: [%s-%s.tgz]}\n",
					served.name, served.name, served.version, served.name, served.version)
			}
			continue
		}
		configuration := fmt.Appendf(nil, `{"name":%q,"version":%q,"apiVersion":"v2"}`, served.name, served.version)
		manifest := fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":%q,"digest":%q,"size":%d},"layers":[{"mediaType":%q,"digest":%q,"size":%d}]}`,
			manifestType, "application/vnd.cncf.helm.config.v1+json", digest(configuration), len(configuration),
			"application/vnd.cncf.helm.chart.content.v1.tar+gzip", digest(packed[i]), len(packed[i]))
		switch base := "/v2" + repository.Path; asked {
		case base + "/manifests/" + strings.ReplaceAll(served.version, "+", "_"), base + "/manifests/" + digest(manifest):
			return manifest, manifestType
		case base + "/tags/list":
			return fmt.Appendf(nil, `{"name":%q,"tags":[%q]}`, strings.Trim(repository.Path, "/"), served.version), "application/json"
		case base + "/blobs/" + digest(configuration):
			return configuration, "application/octet-stream"
		case base + "/blobs/" + digest(packed[i]):
			return packed[i], "application/octet-stream"
		}
	}
	if index.Len() > 0 {
		return []byte("apiVersion: v1\nentries:\n" + index.String()), "application/yaml"
	}
	return nil, ""
}

const manifestType = "application/vnd.oci.image.manifest.v1+json"
