using System.Globalization;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>
/// Random sequences of commands on lists, sets and sorted sets, given to a redis-server and to Nexo: the replies are the same.
/// NEXO_REDIS_SEQUENCES says how many sequences (400 without it), NEXO_REDIS_SEED which. Skipped where there is no redis-server.
/// </summary>
public sealed class RedisCollectionDifferenceTests
{
    private const int SequencesDefault = 400;
    private const int CommandsPerSequence = 150;

    [Fact]
    public async Task Random_sequences_of_commands_on_collections_are_answered_as_Redis_answers_them()
    {
        await using RedisServer? redis = await RedisServer.TryStartAsync();
        Assert.SkipWhen(redis is null, "There is no redis-server on this machine: apt-get install redis-server.");
        await using TestServer nexo = await RespServers.StartAsync();
        int sequences = Number("NEXO_REDIS_SEQUENCES", SequencesDefault);
        int seed = Number("NEXO_REDIS_SEED", Random.Shared.Next());
        await using RespPeer expected = await RespPeer.ConnectAsync(redis!.Port);
        await using RespPeer actual = await RespPeer.ConnectAsync(nexo);
        for (int i = 0; i < sequences; i++)
        {
            await CompareAsync(expected, actual, seed + i);
        }
    }

    private static async Task CompareAsync(RespPeer expected, RespPeer actual, int seed)
    {
        var random = new Random(seed);
        string version = $"{random.Next(2, 4)}";
        List<string[]> commands = [["DISCARD"], ["FLUSHALL"], ["HELLO", version]];
        for (int i = 0; i < CommandsPerSequence; i++)
        {
            commands.Add(RedisCollectionGen.Next(random));
        }

        byte[] bytes = [.. commands.SelectMany(command => RespPeer.Encode(command))];
        await expected.SendRawAsync(bytes);
        await actual.SendRawAsync(bytes);
        bool isLoose = false;
        for (int i = 0; i < commands.Count; i++)
        {
            string name = commands[i][0].ToUpperInvariant();
            string wanted = RedisCollectionGen.Normalize(name, await expected.ReadAsync());
            string got = RedisCollectionGen.Normalize(name, await actual.ReadAsync());
            if (wanted == "+QUEUED")
            {
                isLoose |= name is "SMEMBERS" or "SINTER" or "SUNION" or "SDIFF";
            }
            else if (name is "EXEC" or "DISCARD")
            {
                // Members of sets come in no order; the rest of the transaction is looked at by its letters alone then.
                (wanted, got) = isLoose ? (Letters(wanted), Letters(got)) : (wanted, got);
                isLoose = false;
            }

            Assert.True(
                name == "HELLO" || wanted == got,
                $"""
                NEXO_REDIS_SEED={seed} NEXO_REDIS_SEQUENCES=1, RESP{version}
                {string.Join('\n', commands.Take(i + 1).Select(command => string.Join(' ', command.Select(word => $"'{word}'"))))}
                Redis: {wanted}
                Nexo:  {got}
                """);
        }
    }

    private static string Letters(string reply) => string.Concat(reply.Where(char.IsAsciiLetterOrDigit).Order());

    private static int Number(string variable, int without) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : without;
}
