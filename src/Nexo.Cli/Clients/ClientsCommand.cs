using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Clients;

/// <summary><c>nexo clients</c>: who is connected.</summary>
internal static class ClientsCommand
{
    public static Command Create()
    {
        var command = new Command("clients", "List who is connected, over all protocols, and end connections")
        {
            ClientsListCommand.Create(), ClientsKillCommand.Create(),
        };
        return command.WithExamples(
            ("Who is there?", "nexo clients list"),
            ("End one of them", "nexo clients kill 42"));
    }
}
