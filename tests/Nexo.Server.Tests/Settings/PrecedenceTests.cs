using Microsoft.Extensions.Logging;
using Nexo.Engine.Store;
using Nexo.Server.Settings;

namespace Nexo.Server.Tests.Settings;

public sealed class PrecedenceTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Without_anything_given_the_defaults_are_in_force()
    {
        SettingsResult result = Load();

        Assert.Empty(result.Problems);
        Assert.Equal(new NexoServerOptions(), result.Options);
        Assert.All(result.Effective, setting => Assert.Equal("default", setting.Source));
    }

    [Fact]
    public void A_flag_beats_the_environment_which_beats_the_file_which_beats_the_default()
    {
        _scratch.File("nexo.json", """{ "store": { "max-memory": "1mb", "shards": 2 }, "network": { "port": 1 } }""");

        SettingsResult result = Load(
            variables: new() { ["NEXO_STORE__MAX_MEMORY"] = "2mb", ["NEXO_STORE__SHARDS"] = "4" },
            flags: [new("store.max-memory", "3mb", "--set")]);

        Assert.Empty(result.Problems);
        Assert.Equal(3 << 20, result.Options.Store.MaxMemory);
        Assert.Equal(4, result.Options.Store.Shards);
        Assert.Equal(1, result.Options.Network.Port);
        Assert.Equal(7655, result.Options.Network.HttpPort);
        Assert.Equal("flag --set store.max-memory", SourceOf(result, "store.max-memory"));
        Assert.Equal("environment NEXO_STORE__SHARDS", SourceOf(result, "store.shards"));
        Assert.Equal("file nexo.json", SourceOf(result, "network.port"));
        Assert.Equal("default", SourceOf(result, "network.http-port"));
    }

    [Fact]
    public void A_file_may_have_comments_trailing_commas_numbers_booleans_and_lists()
    {
        _scratch.File("nexo.json", $$"""
            {
              // where it listens
              "network": { "bind": "0.0.0.0", "insecure": true, },
              "store": { "eviction": "evict" /* rather than refuse */ },
              "log": { "level": "Debug" },
              "connections": {},
              "security": { "users": [ "ada:{{TestSecrets.AdaHash}}", "bob:{{TestSecrets.AdaHash}}" ] },
            }
            """);

        SettingsResult result = Load();

        Assert.Empty(result.Problems);
        Assert.True(result.Options.Network.Insecure);
        Assert.Equal(StoreEviction.Evict, result.Options.Store.Eviction);
        Assert.Equal(LogLevel.Debug, result.Options.Log.Level);
        Assert.Equal(["ada", "bob"], result.Options.Security.Users.Select(user => user.Name));
    }

    [Fact]
    public void The_file_named_by_the_flag_is_read_instead_of_the_one_named_by_the_environment()
    {
        string byFlag = _scratch.File("flag.json", """{ "network": { "port": 11 } }""");
        string byVariable = _scratch.File("variable.json", """{ "network": { "port": 12 } }""");
        _scratch.File("nexo.json", """{ "network": { "port": 13 } }""");
        Dictionary<string, string> variables = new() { ["NEXO_CONFIG"] = byVariable };

        Assert.Equal(11, Load(file: byFlag, variables: variables).Options.Network.Port);
        Assert.Equal(12, Load(variables: variables).Options.Network.Port);
        Assert.Equal(13, Load().Options.Network.Port);
    }

    [Fact]
    public void Every_setting_can_be_given_by_its_environment_variable()
    {
        Dictionary<string, string> variables = SettingCatalog.All.ToDictionary(
            setting => setting.Variable, setting => setting.Print(new NexoServerOptions()));

        SettingsResult result = Load(variables: variables);

        Assert.Empty(result.Problems);
        Assert.All(result.Effective, setting => Assert.StartsWith("environment NEXO_", setting.Source));
    }

    [Fact]
    public void Variables_of_the_client_commands_are_no_settings_and_no_errors()
    {
        Dictionary<string, string> variables = new()
        {
            ["NEXO_URL"] = "nexo://x",
            ["NEXO_TOKEN"] = "t",
            ["NEXO_USER"] = "u",
            ["NEXO_PASSWORD"] = "p",
            ["PATH"] = "/bin",
        };

        Assert.Empty(Load(variables: variables).Problems);
    }

    [Fact]
    public void Secrets_are_masked_where_settings_are_shown()
    {
        string token = new('a', 64);
        SettingsResult result = Load(flags:
        [
            new("security.users", $"ada:{TestSecrets.AdaHash}", "--set"), new("security.token-sha256", token, "--set"),
        ]);

        Assert.Empty(result.Problems);
        Assert.Equal("ada:(hidden)", result.Effective.Single(one => one.Name == "security.users").Value);
        Assert.Equal("(hidden)", result.Effective.Single(one => one.Name == "security.token-sha256").Value);
        Assert.DoesNotContain(token, result.Options.ToString());
        Assert.DoesNotContain(TestSecrets.AdaHash, result.Options.ToString());
    }

    private SettingsResult Load(
        string? file = null, Dictionary<string, string>? variables = null, IReadOnlyList<FlagValue>? flags = null) =>
        SettingsLoader.Load(new SettingsInput
        {
            File = file,
            WorkingDirectory = _scratch.Path,
            Variables = variables ?? [],
            Flags = flags ?? [],
        });

    private static string SourceOf(SettingsResult result, string name) =>
        result.Effective.Single(setting => setting.Name == name).Source;
}
