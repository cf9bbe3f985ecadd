using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli.Manual;

/// <summary>
/// <c>nexo manual FOLDER</c>: the manual pages, made from the commands themselves, so that they never grow stale. For packages.
/// </summary>
internal static class ManualCommand
{
    public static Command Create()
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "Where the pages go; made if it is not there" };
        var command = new Command("manual", "Write the manual pages, as nexo(1), nexo-serve(1) and so on") { folder };
        command.WithoutServer().OnRun(async run =>
        {
            DirectoryInfo target = run.Parsed.GetValue(folder)!;
            target.Create();
            Command root = run.Parsed.RootCommandResult.Command;
            int pages = 0;
            foreach (Command each in root.Subcommands.Where(child => !child.Hidden).Prepend(root))
            {
                string name = HelpFacts.Path(each).Replace(' ', '-');
                string path = Path.Combine(target.FullName, $"{name}.1");
                await File.WriteAllTextAsync(path, ManPage.Of(each, VersionCommand.Version), run.Cancel);
                pages++;
            }

            run.Out.Result(
                $"{pages} pages",
                $"{pages} pages in {target.FullName}",
                json =>
                {
                    json.WriteNumber("pages", pages);
                    json.WriteString("folder", target.FullName);
                });
            return ExitCode.Ok;
        });
        return command.WithExamples(("Read one without installing it", "nexo manual /tmp/man && man /tmp/man/nexo-serve.1"));
    }
}
