using System.CommandLine;
using Nexo.Cli.Serve;
using Nexo.Server;

NexoServer.PrepareProcess();
var root = new RootCommand("Nexo") { ServeCommand.Create(), ConfigCommand.Create() };
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
