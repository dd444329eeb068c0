package sandbox_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ptd-go/ptd/providers/sandbox"
	"github.com/ptd-go/ptd/providers/sandbox/postgresql"
	"github.com/ptd-go/ptd/providers/sandbox/rule"
	"github.com/ptd-go/ptd/providers/sandbox/sandboxtest"
)

// This file holds a package that works as azure-native does, with ids that are paths, read
// in any case, below subscriptions and resource groups: the core knows nothing of it.

const (
	groupType     = "azure-native:resources:ResourceGroup"
	networkType   = "azure-native:network:VirtualNetwork"
	subnetType    = "azure-native:network:Subnet"
	interfaceType = "azure-native:network:NetworkInterface"
	serverType    = "azure-native:dbforpostgresql:Server"

	subscription = "00000000-0000-0000-0000-000000000001"
)

type groupArgs struct {
	ResourceGroupName *string `pulumi:"resourceGroupName"`
	Location          *string `pulumi:"location"`
}

type networkArgs struct {
	ResourceGroupName  string  `pulumi:"resourceGroupName"`
	VirtualNetworkName *string `pulumi:"virtualNetworkName"`
	AddressSpace       *struct {
		AddressPrefixes []string `pulumi:"addressPrefixes"`
	} `pulumi:"addressSpace"`
}

type subnetArgs struct {
	ResourceGroupName  string  `pulumi:"resourceGroupName"`
	VirtualNetworkName string  `pulumi:"virtualNetworkName"`
	SubnetName         *string `pulumi:"subnetName"`
	AddressPrefix      *string `pulumi:"addressPrefix"`
}

type interfaceArgs struct {
	ResourceGroupName    string  `pulumi:"resourceGroupName"`
	NetworkInterfaceName *string `pulumi:"networkInterfaceName"`
	IPConfigurations     []struct {
		Subnet struct {
			ID string `pulumi:"id"`
		} `pulumi:"subnet"`
	} `pulumi:"ipConfigurations"`
}

type serverArgs struct {
	ResourceGroupName          string  `pulumi:"resourceGroupName"`
	ServerName                 *string `pulumi:"serverName"`
	AdministratorLogin         string  `pulumi:"administratorLogin"`
	AdministratorLoginPassword string  `pulumi:"administratorLoginPassword"`
}

const (
	groupPath     = "/resourceGroups/{resourceGroupName}"
	networkPath   = groupPath + "/providers/Microsoft.Network/virtualNetworks/{virtualNetworkName}"
	subnetPath    = networkPath + "/subnets/{subnetName}"
	interfacePath = groupPath + "/providers/Microsoft.Network/networkInterfaces/{networkInterfaceName}"
	serverPath    = groupPath + "/providers/Microsoft.DBforPostgreSQL/flexibleServers/{serverName}"
)

var azure = &sandbox.Package{
	Name: "azure-native", FoldsCase: true, Naming: sandbox.Naming{Digits: 8}, ReplacedByConfigure: true,
	Configure: func(in sandbox.Inputs) (account, region string, err error) {
		id, ok := in.Text("subscriptionId")
		if !ok {
			return "", "", fmt.Errorf("no subscription is configured")
		}
		return id, "", nil
	},
	Types: map[string]sandbox.Type{
		groupType: at(groupPath, sandbox.Type{Args: reflect.TypeFor[groupArgs]()}),
		networkType: at(networkPath, sandbox.Type{
			Args: reflect.TypeFor[networkArgs](), Check: rule.Required("addressSpace"), References: []sandbox.Reference{parent(groupPath, groupType)},
		}),
		subnetType: at(subnetPath, sandbox.Type{
			Args: reflect.TypeFor[subnetArgs](), Naming: &sandbox.Naming{}, References: []sandbox.Reference{parent(networkPath, networkType)}, Admit: admitSubnet,
		}),
		interfaceType: at(interfacePath, sandbox.Type{
			Args: reflect.TypeFor[interfaceArgs](),
			References: []sandbox.Reference{
				parent(groupPath, groupType), rule.Reference("ipConfigurations[].subnet.id", subnetType, "InvalidResourceReference: Resource %s referenced by the network interface was not found."),
			},
		}),
		serverType: at(serverPath, sandbox.Type{
			Args: reflect.TypeFor[serverArgs](), References: []sandbox.Reference{parent(groupPath, groupType)},
			Naming: &sandbox.Naming{Separator: "-", Digits: 4},
			Serves: &sandbox.Serves{Database: func(_ *sandbox.Cloud, server *sandbox.Object) *sandbox.Database {
				return &sandbox.Database{
					Address: server.String("serverName") + ".postgres.database.azure.com", Username: server.String("administratorLogin"),
					Password:    func() (string, error) { return server.String("administratorLoginPassword"), nil },
					InstallsAny: true, // what the server's administrator has allowed
					Databases:   []string{"azure_maintenance"},
					Roles:       []string{"azure_pg_admin"},
					Extensions:  []string{"azure_ai"},
				}
			}},
		}),
	},
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// at completes a type whose ids have a path: the last part is its name, and all of the
// path is what it is replaced by.
func at(path string, typ sandbox.Type) sandbox.Type {
	for _, found := range parameter.FindAllStringSubmatch(path, -1) {
		typ.AutoName = found[1]
		typ.Replace = append(typ.Replace, found[1])
	}
	typ.Outputs = append(typ.Outputs, "name")
	typ.Create = func(o *sandbox.Operation) error {
		o.ID, o.Outputs["name"] = fill(o, path), o.Inputs[typ.AutoName]
		return nil
	}
	return typ
}

func fill(o *sandbox.Operation, path string) string {
	return "/subscriptions/" + o.Account + parameter.ReplaceAllStringFunc(path, func(found string) string {
		text, _ := o.Inputs.Text(strings.Trim(found, "{}"))
		return text
	})
}

// parent is what the path of a type's ids leads through.
func parent(path, typ string) sandbox.Reference {
	names := parameter.FindAllStringSubmatch(path, -1)
	reference := rule.Reference(names[len(names)-1][1], typ, "ResourceNotFound: The Resource '%s' was not found.")
	reference.ID = func(o *sandbox.Operation, _ string) string { return fill(o, path) }
	return reference
}

// admitSubnet makes sure that a subnet lies in its network.
func admitSubnet(o *sandbox.Operation, _ bool) error {
	network := o.Object(networkType, fill(o, networkPath))
	block, err := netip.ParsePrefix(fmt.Sprint(o.Inputs["addressPrefix"]))
	if network == nil || err != nil {
		return err
	}
	for _, text := range sandbox.Inputs(network.Inputs).Map("addressSpace").List("addressPrefixes") {
		if outer, err := netip.ParsePrefix(fmt.Sprint(text)); err == nil && outer.Overlaps(block) {
			return nil
		}
	}
	return fmt.Errorf("NetcfgInvalidSubnet: Subnet '%v' is not valid in virtual network '%v'.", o.Inputs["subnetName"], network.Inputs["virtualNetworkName"])
}

func newAzure(t *testing.T, id string) (*sandbox.Cloud, *sandboxtest.Provider) {
	t.Helper()
	cloud := sandboxtest.Open(t, azure)
	return cloud, sandboxtest.New(t, sandbox.NewProvider(cloud, azure), sandboxtest.Fields{"subscriptionId": id})
}

func TestAnotherCloud(t *testing.T) {
	t.Parallel()
	type fields = sandboxtest.Fields
	cloud, provider := newAzure(t, subscription)
	group := provider.MustCreate(groupType, "main", nil)
	name := group.Text("resourceGroupName")
	assert.Regexp(t, `^main[0-9a-f]{8}$`, name)
	assert.Equal(t, "/subscriptions/"+subscription+"/resourceGroups/"+name, group.ID)
	provider.Refuses(networkType, "main", fields{"resourceGroupName": name}, "addressSpace: is required")
	space := fields{"addressPrefixes": []any{"10.0.0.0/16"}}
	provider.Refuses(networkType, "main", fields{"resourceGroupName": "absent", "addressSpace": space},
		"resourceGroupName: ResourceNotFound: The Resource 'absent' was not found.")

	// Names and ids are read in any case.
	network := provider.MustCreate(networkType, "main", fields{
		"resourceGroupName": strings.ToUpper(name), "virtualNetworkName": "Main", "addressSpace": space,
	})
	provider.Refuses(networkType, "other", fields{"resourceGroupName": name, "virtualNetworkName": "main", "addressSpace": space},
		"AlreadyExists: VirtualNetwork Main ("+network.ID+") already exists")
	subnet := func(prefix string) fields {
		return fields{"resourceGroupName": name, "virtualNetworkName": "main", "subnetName": "Inner", "addressPrefix": prefix}
	}
	provider.Refuses(subnetType, "inner", subnet("10.1.0.0/24"), "NetcfgInvalidSubnet: Subnet 'Inner' is not valid in virtual network 'Main'.")
	inner := provider.MustCreate(subnetType, "inner", subnet("10.0.0.0/24"))
	assert.Equal(t, group.ID+"/providers/Microsoft.Network/virtualNetworks/main/subnets/Inner", inner.ID)
	child := subnet("10.0.2.0/24")
	delete(child, "subnetName")
	second := provider.MustCreate(subnetType, "child", child)
	assert.Equal(t, "child", second.Text("subnetName"), "a child has its logical name")
	second.MustDelete()
	_, replacing := inner.Diff(fields{"virtualNetworkName": "second", "addressPrefix": "10.0.1.0/24"})
	assert.Equal(t, []string{"virtualNetworkName"}, replacing)
	card := func(id string) fields {
		return fields{"resourceGroupName": name, "ipConfigurations": []any{fields{"subnet": fields{"id": id}}}}
	}
	provider.Refuses(interfaceType, "main", card("/absent"),
		"ipConfigurations[0].subnet.id: InvalidResourceReference: Resource /absent referenced by the network interface was not found.")
	foreseen, err := provider.Preview(interfaceType, "main", card("/not/yet"))
	require.NoError(t, err)
	assert.Equal(t, sandbox.Unknown, foreseen["name"])
	user := provider.MustCreate(interfaceType, "main", card(strings.ToLower(inner.ID)))
	inputs, _, err := provider.Known(subnetType, "inner", strings.ToUpper(inner.ID)).Read()
	require.NoError(t, err)
	assert.Equal(t, "Inner", inputs["subnetName"])

	inner.Stays("DependencyViolation: Subnet Inner (" + inner.ID + ") cannot be deleted: NetworkInterface " + user.Text("networkInterfaceName") + " (" + user.ID + ") still uses it")
	user.MustDelete()
	require.NoError(t, provider.Known(subnetType, "inner", strings.ToUpper(inner.ID)).Delete())
	network.MustDelete()
	group.MustDelete()
	objects, err := cloud.List()
	require.NoError(t, err)
	assert.Empty(t, objects)
}

func TestAnotherCloudHasItsOwnScopes(t *testing.T) {
	t.Parallel()
	cloud, first := newAzure(t, subscription)
	second := sandboxtest.New(t, sandbox.NewProvider(cloud, azure), sandboxtest.Fields{"subscriptionId": "other"})
	named := sandboxtest.Fields{"resourceGroupName": "main"}
	one, two := first.MustCreate(groupType, "main", named), second.MustCreate(groupType, "main", named)
	assert.NotEqual(t, one.ID, two.ID)
	two.MustDelete()
	inputs, _, err := one.Read()
	require.NoError(t, err)
	assert.NotNil(t, inputs)
	_, _, err = azure.Configure(nil)
	assert.EqualError(t, err, "no subscription is configured")
}

// TestAnotherCloudServes connects to a server of which PostgreSQL's provider knows nothing.
func TestAnotherCloudServes(t *testing.T) {
	t.Parallel()
	type fields = sandboxtest.Fields
	cloud, provider := newAzure(t, subscription)
	provider.MustCreate(groupType, "main", fields{"resourceGroupName": "main"})
	server := provider.MustCreate(serverType, "main", fields{
		"resourceGroupName": "main", "administratorLogin": "ptd", "administratorLoginPassword": "secret",
	})
	assert.Regexp(t, `^main-[0-9a-f]{4}$`, server.Text("serverName"))
	connection := fields{"host": server.Text("serverName") + ".postgres.database.azure.com", "username": "ptd", "password": "secret"}
	inside := sandboxtest.New(t, postgresql.New(cloud), connection)
	inside.MustCreate("postgresql:index/role:Role", "main", fields{"name": "main"})
	inside.MustCreate("postgresql:index/grantRole:GrantRole", "main", fields{"role": "main", "grantRole": "azure_pg_admin"})
	inside.Refuses("postgresql:index/grantRole:GrantRole", "other", fields{"role": "main", "grantRole": "rds_superuser"}, `grantRole: pq: role "rds_superuser" does not exist`)
	inside.MustCreate("postgresql:index/extension:Extension", "main", fields{"name": "azure_ai", "database": "azure_maintenance"})
	inside.Refuses("postgresql:index/extension:Extension", "other", fields{"name": "aws_s3"}, `name: extension "aws_s3" is not available: could not open extension control file`)
}

// TestTwoSandboxesInOneProcess makes the same in two clouds at once.
func TestTwoSandboxesInOneProcess(t *testing.T) {
	t.Parallel()
	for i := range 2 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			cloud, provider := newAzure(t, subscription)
			for n := range 20 {
				name := fmt.Sprintf("group%d", n)
				provider.MustCreate(groupType, name, sandboxtest.Fields{"resourceGroupName": name})
			}
			list, err := cloud.List()
			require.NoError(t, err)
			assert.Len(t, list, 20)
		})
	}
}
