using System.CommandLine;
using Nexo.Cli.Queues;
using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;

namespace Nexo.Cli.Clients;

/// <summary>Options that say which connections are meant: those that are as all of them say.</summary>
internal sealed class ClientFilter
{
    public static readonly (string Word, ConnectionProtocol Value)[] Protocols =
    [
        ("native", ConnectionProtocol.Native), ("redis", ConnectionProtocol.Redis), ("mqtt", ConnectionProtocol.Mqtt),
        ("http", ConnectionProtocol.Http),
    ];

    private readonly Option<string?> _user = new("--user")
    {
        Description = "Only those of this user; \"\" for those without one",
        HelpName = "NAME",
    };

    private readonly Option<string?> _client = new("--client")
    {
        Description = "Only those that call themselves so",
        HelpName = "NAME",
    };

    private readonly Option<string?> _address = new("--address")
    {
        Description = "Only those whose address begins with this, such as 10.0.7",
        HelpName = "ADDRESS",
    };

    private readonly Option<ConnectionProtocol?> _protocol =
        Parsers.Choice("--protocol", "Only those that speak this", Protocols);

    public IEnumerable<Option> All => [_user, _client, _address, _protocol];

    public bool IsGiven(CommandRun run) => All.Any(option => run.Parsed.GetResult(option) is not null);

    public async Task<List<NexoConnection>> FindAsync(ClientRun run)
    {
        string? user = run.Get(_user);
        string? client = run.Get(_client);
        ConnectionProtocol? protocol = run.Get(_protocol);
        List<NexoConnection> found = [];
        await foreach (NexoConnection one in run.Client.Admin.ListConnectionsAsync(run.Get(_address) ?? "", run.Cancel))
        {
            if ((user is null || one.User == user)
                && (client is null || one.Client == client)
                && (protocol is null || one.Protocol == protocol))
            {
                found.Add(one);
            }
        }

        return found;
    }

    public static string WordOf(ConnectionProtocol protocol) => QueueText.WordOf(Protocols, protocol);
}
