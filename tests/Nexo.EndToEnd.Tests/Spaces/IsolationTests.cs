using System.Text.Json;
using Nexo.Cli.Tests;
using Nexo.Client;
using Nexo.EndToEnd.Tests.Mqtt;
using Nexo.EndToEnd.Tests.Resp;
using Nexo.EndToEnd.Tests.Security;

namespace Nexo.EndToEnd.Tests.Spaces;

/// <summary>What is the same name in two namespaces is not the same thing, over any protocol.</summary>
public sealed class IsolationTests
{
    private const string Shop = SpaceServer.Shop;
    private const string Billing = SpaceServer.Billing;

    [Fact]
    public async Task The_same_names_hold_what_each_namespace_has_put_there()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync();
        await using NexoClient keeper = await secure.Server.ConnectAsync(token: SecureServer.Operator);
        await using NexoClient shop = await secure.Server.ConnectAsync(token: Shop);
        await using NexoClient billing = await secure.Server.ConnectAsync(token: Billing);
        Assert.Equal(["default", Shop, Billing], new[] { keeper, shop, billing }.Select(one => one.ServerInfo!.Namespace));
        await SpaceServer.FillAsync(keeper, "keeper");
        await SpaceServer.FillAsync(shop, Shop);
        await SpaceServer.FillAsync(billing, Billing);

        Assert.Equal(SpaceServer.Filled("keeper"), await SpaceServer.ReadAsync(keeper));
        Assert.Equal(SpaceServer.Filled(Shop), await SpaceServer.ReadAsync(shop));
        Assert.Equal(SpaceServer.Filled(Billing), await SpaceServer.ReadAsync(billing));

        // What takes all takes all of one.
        Assert.Equal(2, await shop.Store.ClearAsync(""));
        await shop.Queue<string>("jobs").DeleteAsync();
        await shop.Stream<string>("log").DeleteAsync();
        Assert.Equal(0, await shop.Store.CountAsync());
        Assert.Equal(SpaceServer.Filled("keeper"), await SpaceServer.ReadAsync(keeper));
        Assert.Equal(SpaceServer.Filled(Billing), await SpaceServer.ReadAsync(billing));
    }

    [Fact]
    public async Task Clients_of_redis_see_keys_channels_and_clients_of_their_own_namespace()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync();
        await using RespPeer keeper = await secure.Server.LogInAsync(SecureServer.Operator);
        await using RespPeer shop = await secure.Server.LogInAsync(Shop);
        await using RespPeer billing = await secure.Server.LogInAsync(Billing);
        foreach ((RespPeer peer, string name) in new[] { (keeper, "keeper"), (shop, Shop), (billing, Billing) })
        {
            await peer.ExpectAsync($"client setname {name}", "+OK");
            await peer.ExpectAsync($"set name {name}", "+OK");
            await peer.ExpectAsync($"set of-{name} 1", "+OK");
        }

        await shop.ExpectAsync("get name", $"\"{Shop}\"");
        await billing.ExpectAsync("get name", $"\"{Billing}\"");
        await shop.ExpectAsync("exists of-billing of-keeper", ":0");
        Assert.Contains("of-shop", await shop.CallAsync("keys *"), StringComparison.Ordinal);
        Assert.DoesNotContain("of-billing", await shop.CallAsync("keys *"), StringComparison.Ordinal);
        Assert.DoesNotContain("of-billing", await shop.CallAsync("scan 0 count 100"), StringComparison.Ordinal);

        await using RespPeer listener = await secure.Server.LogInAsync(Billing);
        Assert.Contains("news", await listener.CallAsync("subscribe news"), StringComparison.Ordinal);
        await shop.ExpectAsync("publish news hello", ":0");
        await billing.ExpectAsync("publish news hello", ":1");
        Assert.Contains("hello", await listener.ReadAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("news", await shop.CallAsync("pubsub channels"), StringComparison.Ordinal);

        string seen = await shop.CallAsync("client list");
        Assert.Contains("name=shop", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("billing", seen, StringComparison.Ordinal);
        string all = await keeper.CallAsync("client list");
        Assert.True(all.Contains("name=shop", StringComparison.Ordinal) && all.Contains("name=billing", StringComparison.Ordinal));
        Assert.Equal(
            ["billing", "default", "shop"],
            all.Split('\n').Select(line => line.Split("namespace=")[^1].Trim('"')).Where(name => name.Length > 0).Distinct().Order());
        string id = (await billing.CallAsync("client id"))[1..];
        Assert.StartsWith("-", await shop.CallAsync($"client kill {id}"), StringComparison.Ordinal);
        await shop.ExpectAsync($"client kill id {id}", ":0");
        await keeper.ExpectAsync($"client kill id {id}", ":1");

        await shop.ExpectAsync("flushall", "+OK");
        await shop.ExpectAsync("dbsize", ":0");
        await keeper.ExpectAsync("dbsize", ":2");
    }

    [Fact]
    public async Task Clients_of_mqtt_have_topics_sessions_and_identifiers_of_their_own_namespace()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync();
        MqttUser shop = await secure.Server.ConnectMqttAsync(Shop);
        await using MqttUser billing = await secure.Server.ConnectMqttAsync(Billing);
        await shop.SubscribeAsync("#", 1);
        await billing.SubscribeAsync("#", 1);
        await shop.PublishAsync("a", "of shop", 1, retain: true);
        await billing.PublishAsync("a", "of billing", 1, retain: true);

        // Neither was taken over by the other, though they are called alike.
        Assert.Equal(["a=of shop/1"], await shop.ReceiveAsync(1));
        Assert.Equal(["a=of billing/1"], await billing.ReceiveAsync(1));
        await shop.DisposeAsync();
        await billing.PublishAsync("a", "of billing too", 1);
        await using (MqttUser other = await secure.Server.ConnectMqttAsync(Shop, "other"))
        {
            await other.PublishAsync("a", "while away", 1);
        }

        await using MqttUser back = await secure.Server.ConnectMqttAsync(Shop);
        Assert.True(back.Welcome.IsSessionPresent);
        Assert.Equal(["a=while away/1"], await back.ReceiveAsync(1));
        Assert.Equal(["a=of billing too/1"], await billing.ReceiveAsync(1));

        // One broker for all protocols.
        await using NexoClient native = await secure.Server.ConnectAsync(token: Shop);
        await native.Topics.PublishAsync("b", 7);
        Assert.Equal(["b=7/1"], await back.ReceiveAsync(1));
        Assert.Empty(await back.ReceiveRestAsync());
        Assert.Empty(await billing.ReceiveRestAsync());
    }

    [Fact]
    public async Task An_operator_of_a_namespace_sees_its_connections_and_who_keeps_the_server_sees_all()
    {
        await using SecureServer secure = await SpaceServer.StartSecureAsync();
        await using NexoClient shop = await secure.Server.ConnectAsync(token: Shop);
        await using NexoClient billing = await secure.Server.ConnectAsync(token: Billing);
        Dictionary<string, JsonElement> all = await ListAsync(SecureServer.Operator);
        Assert.Equal(["", Billing, Shop], all.Values.Select(one => one.GetProperty("namespace").GetString()!).Order());
        Assert.Equal([Shop], (await ListAsync(Shop)).Values.Select(one => one.GetProperty("namespace").GetString()!).Distinct());

        string stranger = all.Values.Single(one => one.GetProperty("namespace").GetString() == Billing).GetProperty("id").GetRawText();
        Assert.Equal("0\n", (await Cli(Shop).Run("clients", "kill", stranger)).Output);
        Assert.Equal("1\n", (await Cli(SecureServer.Operator).Run("clients", "kill", stranger)).Output);
        Assert.Contains("server.namespace\tshop", (await Cli(Shop).Run("info", "server")).Lines);

        async Task<Dictionary<string, JsonElement>> ListAsync(string token) =>
            (await Cli(token).Run("clients", "list", "--json")).Lines
                .Select(line => JsonDocument.Parse(line).RootElement)
                .ToDictionary(one => one.GetProperty("id").GetRawText());

        CliRunner Cli(string token) => CliRunner.For($"{secure.Server.Url}?token={token}");
    }
}
