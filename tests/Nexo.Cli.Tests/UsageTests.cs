using System.Text.Json;
using Nexo.Cli.Terminal;
using Xunit;

namespace Nexo.Cli.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("'store'", "stroe")]
    [InlineData("'store'", "stroe get k")]
    [InlineData("'get'", "store gte k")]
    [InlineData("'queue'", "queu list")]
    [InlineData("'redrive'", "queue dlq redrvie q")]
    [InlineData("'append'", "stream appnd s x")]
    [InlineData("--ttl", "store set k v --tll 5s")]
    public async Task A_typo_gets_the_word_that_was_meant(string meant, string line)
    {
        CliResult result = await new CliRunner().Run(line.Split(' '));
        Assert.Equal(ExitCode.Usage, result.ExitCode);
        Assert.Contains($"Did you mean {meant}?", result.Error, StringComparison.Ordinal);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store get")]
    [InlineData("store get a b")]
    [InlineData("store set k")]
    [InlineData("store set k v --ttl 5")]
    [InlineData("store set k v --ttl 0s")]
    [InlineData("store set k v --ttl -1s")]
    [InlineData("store set k v --ttl 5s --expires-at 2030-01-01")]
    [InlineData("store set k v --ttl 5s --keep-ttl")]
    [InlineData("store set k v --expires-at soon")]
    [InlineData("store set k v --nx --xx")]
    [InlineData("store set k v --if-version x")]
    [InlineData("store set k v --file f")]
    [InlineData("store set k --file /nowhere/at/all")]
    [InlineData("store cas k v")]
    [InlineData("store incr k x")]
    [InlineData("store incr k 99999999999999999999")]
    [InlineData("store expire k")]
    [InlineData("store expire k 5s --at 2030-01-01")]
    [InlineData("store touch k")]
    [InlineData("store touch k --ttl 5s --persist")]
    [InlineData("store mset a 1 b")]
    [InlineData("store hset k f")]
    [InlineData("store del")]
    [InlineData("store del a b --if-version 1")]
    [InlineData("store clear")]
    [InlineData("store clear p --all")]
    [InlineData("store scan --limit -1")]
    [InlineData("store get k --escape \\q")]
    [InlineData("store get \uFFFD")]
    [InlineData("store load /nowhere/at/all")]
    [InlineData("queue push q")]
    [InlineData("queue push q body --file f")]
    [InlineData("queue push q body --lines")]
    [InlineData("queue push q - --lines --dedup x")]
    [InlineData("queue push q body --priority 256")]
    [InlineData("queue push q body --priority -1")]
    [InlineData("queue push q body --delay 5")]
    [InlineData("queue push q body --delay 1s --due 2030-01-01")]
    [InlineData("queue push q body --ttl 0s")]
    [InlineData("queue push q body --header a")]
    [InlineData("queue push q body --header =b")]
    [InlineData("queue push q body --header A=b")]
    [InlineData("queue consume q --ack --nack")]
    [InlineData("queue consume q --no-ack --exec true")]
    [InlineData("queue consume q --reason because")]
    [InlineData("queue consume q --delay 1s")]
    [InlineData("queue consume q --prefetch 0")]
    [InlineData("queue consume q --lease 0s")]
    [InlineData("queue declare")]
    [InlineData("queue declare q --lease 30")]
    [InlineData("queue declare q --backoff linear")]
    [InlineData("queue declare q --when-full drop")]
    [InlineData("queue declare q --durability always")]
    [InlineData("queue declare q --priorities 257")]
    [InlineData("queue declare q --max-deliveries -1")]
    [InlineData("queue update q")]
    [InlineData("queue update q --if-revision 3")]
    [InlineData("queue peek q --leased --delayed")]
    [InlineData("queue top --interval 0s")]
    [InlineData("queue dlq delete q")]
    [InlineData("queue dlq list q --id x")]
    [InlineData("queue dlq list q --cause unknown")]
    [InlineData("queue dlq redrive q --per-second 0")]
    [InlineData("queue schedule set s * * * * *")]
    [InlineData("queue schedule set s @daily q")]
    [InlineData("queue schedule set s @daily q body --catch-up all")]
    [InlineData("stream create")]
    [InlineData("stream create s --max-age 5")]
    [InlineData("stream create s --compaction yes")]
    [InlineData("stream update s")]
    [InlineData("stream append s")]
    [InlineData("stream append s a --lines")]
    [InlineData("stream append s --lines --ndjson")]
    [InlineData("stream append s --ndjson --key-field k")]
    [InlineData("stream append s --lines --no-times")]
    [InlineData("stream append s --key k --key-field k")]
    [InlineData("stream append s --tombstone")]
    [InlineData("stream append s a --key k --tombstone")]
    [InlineData("stream append s a --expect -1")]
    [InlineData("stream append s a --expect-key-version 1")]
    [InlineData("stream append s --key k --lines --expect-key-version 1")]
    [InlineData("stream read s --from soon")]
    [InlineData("stream read s --since 10")]
    [InlineData("stream read s --since 10m --last 3")]
    [InlineData("stream read s --at 1 --backward")]
    [InlineData("stream read s --backward --wait 1s")]
    [InlineData("stream read s --raw -v")]
    [InlineData("stream tail s --count 0")]
    [InlineData("stream trim s")]
    [InlineData("stream trim s --keep 1 --before 2")]
    [InlineData("ping --count -1")]
    [InlineData("ping --interval 0s")]
    [InlineData("ping --url http://x")]
    [InlineData("ping --url nexo://h:99999")]
    [InlineData("ping --timeout never")]
    [InlineData("completion tcsh")]
    [InlineData("nonsense")]
    [InlineData("--nonsense")]
    public async Task A_line_that_cannot_be_run_is_exit_code_2_with_one_reason(string line)
    {
        var runner = CliRunner.For(UnreachableServer.Url);
        CliResult people = await runner.Run(line.Split(' '));
        Assert.Equal(ExitCode.Usage, people.ExitCode);
        Assert.Empty(people.Output);
        Assert.StartsWith("nexo: ", people.Error, StringComparison.Ordinal);

        CliResult json = await runner.Run([.. line.Split(' '), "--json"]);
        Assert.Equal(ExitCode.Usage, json.ExitCode);
        Assert.Equal(ExitCode.Usage, json.ErrorJson.GetProperty("exit_code").GetInt32());
        Assert.NotEmpty(json.ErrorJson.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task After_the_separator_everything_is_a_value()
    {
        CliResult result = await CliRunner.For(UnreachableServer.Url).Run("store", "set", "k", "--", "--tll");
        Assert.Equal(ExitCode.CannotConnect, result.ExitCode);
    }

    [Fact]
    public async Task An_argument_that_begins_with_an_at_sign_is_no_response_file()
    {
        CliResult result = await CliRunner.For(UnreachableServer.Url).Run("store", "set", "k", "@nowhere");
        Assert.Equal(ExitCode.CannotConnect, result.ExitCode);
    }

    [Fact]
    public async Task The_version_is_one_line_or_one_object()
    {
        CliResult plain = await new CliRunner().Run("version");
        Assert.Matches(@"^nexo \d+\.\d+\.\d+( \(commit [0-9a-f]{10}\))?\n$", plain.Output);
        CliResult json = await new CliRunner().Run("--version", "--json");
        Assert.Equal(JsonValueKind.Number, json.Json.GetProperty("protocol").ValueKind);
    }
}
