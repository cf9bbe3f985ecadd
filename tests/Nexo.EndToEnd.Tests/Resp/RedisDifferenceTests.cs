using System.Globalization;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>
/// Random sequences of commands, given to a redis-server and to Nexo: the replies are the same. NEXO_REDIS_SEQUENCES says how
/// many sequences (2,000 without it), NEXO_REDIS_SEED which. Skipped where there is no redis-server.
/// </summary>
public sealed class RedisDifferenceTests
{
    private const int SequencesDefault = 2_000;
    private const int CommandsPerSequence = 40;
    private const int DifferencesMax = 20;
    private const int ShownMax = 30;

    [Fact]
    public async Task Random_sequences_of_commands_are_answered_as_Redis_answers_them()
    {
        await using RedisServer? redis = await RedisServer.TryStartAsync();
        Assert.SkipWhen(redis is null, "There is no redis-server on this machine: apt-get install redis-server.");
        await using TestServer nexo = await RespServers.StartAsync();
        int sequences = Number("NEXO_REDIS_SEQUENCES", SequencesDefault);
        int seed = Number("NEXO_REDIS_SEED", Random.Shared.Next());
        await using RespPeer expected = await RespPeer.ConnectAsync(redis!.Port);
        await using RespPeer actual = await RespPeer.ConnectAsync(nexo);
        var differences = new Dictionary<string, string>();
        for (int i = 0; i < sequences && differences.Count < DifferencesMax; i++)
        {
            await CompareAsync(expected, actual, seed + i, differences);
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences.Values));
    }

    private static async Task CompareAsync(RespPeer expected, RespPeer actual, int seed, Dictionary<string, string> differences)
    {
        var random = new Random(seed);
        string version = $"{random.Next(2, 4)}";
        List<string[]> commands = [["DISCARD"], ["UNWATCH"], ["FLUSHALL"], ["HELLO", version]];
        for (int i = 0; i < CommandsPerSequence; i++)
        {
            commands.Add(RedisCommandGen.Next(random));
        }

        byte[] bytes = [.. commands.SelectMany(command => RespPeer.Encode(command))];
        await expected.SendRawAsync(bytes);
        await actual.SendRawAsync(bytes);
        var queued = new List<string[]>();
        bool isSame = true;
        for (int i = 0; i < commands.Count; i++)
        {
            if (i > 0 && commands[i - 1][0] is "EXEC" or "DISCARD")
            {
                queued.Clear();
            }

            string wanted = await expected.ReadAsync();
            string got = await actual.ReadAsync();
            string name = commands[i][0].ToUpperInvariant();
            if (wanted == "+QUEUED")
            {
                queued.Add(commands[i]);
            }
            else if (name == "EXEC" && wanted.StartsWith('['))
            {
                wanted = RedisCommandGen.NormalizeAll(queued, wanted);
                got = RedisCommandGen.NormalizeAll(queued, got);
            }

            // What follows a difference may differ because of it.
            if (isSame && name != "HELLO" && !RedisCommandGen.Same(commands[i], wanted, got))
            {
                isSame = false;
                if (RedisCommandGen.IsOfFractions(commands[i], wanted, got)
                    || RedisCommandGen.IsOfTime(commands[i])
                    || (name == "EXEC" && queued.Exists(RedisCommandGen.IsLoose)))
                {
                    // Theirs are binary with 64 bits, ours are decimal: see docs/redis.md.
                    continue;
                }

                differences.TryAdd(
                    $"{name} {commands[i].Length} {wanted.Split(' ')[0]}",
                    $"""
                    NEXO_REDIS_SEED={seed} NEXO_REDIS_SEQUENCES=1, RESP{version}
                    {string.Join('\n', commands.Take(i + 1).TakeLast(ShownMax).Select(Show))}
                    Redis: {wanted}
                    Nexo:  {got}
                    """);
            }
        }
    }

    private static string Show(string[] command) => string.Join(' ', command.Select(word => $"'{word}'"));

    private static int Number(string variable, int without) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : without;
}
