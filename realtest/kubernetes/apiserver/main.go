// Command apiserver is a Kubernetes API without a cluster: etcd and a kube-apiserver in one
// process, on this machine alone. No controllers and no nodes run.
//
//	apiserver <directory>
//
// It keeps everything in the directory, where it writes a kubeconfig, and prints "ready"
// when it answers. It ends when its standard input does.
package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("usage: apiserver <directory>")
	}
	directory, err := filepath.Abs(arguments[0])
	if err != nil {
		return err
	}
	store, err := startStore(filepath.Join(directory, "etcd"))
	if err != nil {
		return fmt.Errorf("start etcd: %w", err)
	}
	defer store.Close()
	port, err := freePort()
	if err != nil {
		return err
	}
	token := rand.Text()
	if err := writeKeys(directory, token); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // until whoever started this is gone
		stop()
	}()
	ended := make(chan error, 1)
	go func() {
		command := app.NewAPIServerCommand()
		command.SetArgs([]string{
			"--etcd-servers=" + "http://" + store.Clients[0].Addr().String(),
			"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", port), "--cert-dir=" + filepath.Join(directory, "certificates"),
			"--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none",
			"--service-account-issuer=https://kubernetes.default.svc",
			"--service-account-key-file=" + filepath.Join(directory, "service-accounts.pem"),
			"--service-account-signing-key-file=" + filepath.Join(directory, "service-accounts.pem"),
			"--authorization-mode=RBAC", "--token-auth-file=" + filepath.Join(directory, "tokens.csv"),
			"--disable-admission-plugins=ServiceAccount", "--enable-priority-and-fairness=false", "-v=0",
		})
		ended <- command.ExecuteContext(ctx)
	}()
	if err := await(ctx, directory, port, token, ended); err != nil {
		return err
	}
	fmt.Println("ready")
	return <-ended
}

// startStore starts an etcd of one member.
func startStore(directory string) (*embed.Etcd, error) {
	settings := embed.NewConfig()
	settings.Dir, settings.LogLevel, settings.UnsafeNoFsync = directory, "error", true
	for _, addresses := range []*[]url.URL{&settings.ListenClientUrls, &settings.ListenPeerUrls} {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		*addresses = []url.URL{{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}}
	}
	settings.AdvertiseClientUrls, settings.AdvertisePeerUrls = settings.ListenClientUrls, settings.ListenPeerUrls
	settings.InitialCluster = settings.InitialClusterFromName(settings.Name)
	store, err := embed.StartEtcd(settings)
	if err != nil {
		return nil, err
	}
	select {
	case <-store.Server.ReadyNotify():
		return store, nil
	case err := <-store.Err():
		return nil, err
	case <-time.After(time.Minute):
		store.Close()
		return nil, errors.New("it was not ready after a minute")
	}
}

// freePort finds a port on which nothing listens.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// writeKeys writes the key of service accounts, and who may enter: one administrator.
func writeKeys(directory, token string) error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	encoded := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	return errors.Join(
		os.WriteFile(filepath.Join(directory, "service-accounts.pem"), encoded, 0o600),
		os.WriteFile(filepath.Join(directory, "tokens.csv"), []byte(token+`,admin,admin,"system:masters"`+"\n"), 0o600),
	)
}

// await waits until the API answers, and writes the kubeconfig.
func await(ctx context.Context, directory string, port int, token string, ended <-chan error) error {
	certificate := filepath.Join(directory, "certificates", "apiserver.crt")
	for {
		select {
		case err := <-ended:
			return fmt.Errorf("the kube-apiserver ended: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
		authority, err := os.ReadFile(certificate)
		if err != nil {
			continue
		}
		server := fmt.Sprintf("https://127.0.0.1:%d", port)
		client, err := rest.HTTPClientFor(&rest.Config{Host: server, BearerToken: token, TLSClientConfig: rest.TLSClientConfig{CAData: authority}})
		if err != nil {
			return err
		}
		answer, err := client.Get(server + "/readyz")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode != 200 {
			continue
		}
		return os.WriteFile(filepath.Join(directory, "kubeconfig"), fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: real
clusters: [{name: real, cluster: {server: %q, certificate-authority-data: %s}}]
contexts: [{name: real, context: {cluster: real, user: admin}}]
users: [{name: admin, user: {token: %s}}]
`, server, base64.StdEncoding.EncodeToString(authority), token), 0o600)
	}
}
