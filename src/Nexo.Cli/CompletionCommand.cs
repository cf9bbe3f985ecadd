using System.CommandLine;
using Nexo.Cli.Terminal;

namespace Nexo.Cli;

/// <summary>
/// <c>nexo completion SHELL</c>: scripts that ask the binary itself what fits, so that they never grow stale.
/// </summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var command = new Command("completion", "Print the script that completes nexo's commands in a shell")
        {
            Shell("bash", Bash, "source <(nexo completion bash)", "~/.bashrc"),
            Shell("zsh", Zsh, "source <(nexo completion zsh)", "~/.zshrc, below compinit"),
            Shell("fish", Fish, "nexo completion fish | source", "~/.config/fish/config.fish"),
        };
        return command.WithoutServer().WithExamples(("Complete in this bash", "source <(nexo completion bash)"));
    }

    private static Command Shell(string name, string script, string example, string profile)
    {
        var command = new Command(name, $"Print the script for {name}");
        command.OnRun(run =>
        {
            run.Out.Value(System.Text.Encoding.UTF8.GetBytes(script + "\n"));
            return Task.FromResult(ExitCode.Ok);
        });
        return command.WithExamples(($"In this shell; put the line into {profile} to have it in every one", example));
    }

    private const string Bash = """
        # bash completion for nexo
        _nexo() {
            local IFS=$'\n' found
            found="$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)"
            COMPREPLY=($(compgen -W "${found}" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _nexo nexo
        """;

    private const string Zsh = """
        #compdef nexo
        # zsh completion for nexo
        _nexo() {
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            found=("${(@)found:#}")
            if (( ${#found} )); then
                compadd -a found
            else
                _files
            fi
        }
        compdef _nexo nexo
        """;

    private const string Fish = """
        # fish completion for nexo
        function __nexo_suggest
            set -l line (commandline --current-buffer)
            nexo "[suggest:"(commandline --cursor)"]" "$line" 2>/dev/null
        end
        complete --command nexo --no-files --arguments '(__nexo_suggest)'
        complete --command nexo --condition '__fish_seen_subcommand_from load' --force-files
        """;
}
