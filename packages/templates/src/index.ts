export { makeDockerfileVariables, type DockerfileFacts } from './dockerfile/make-dockerfile-variables.ts';
export { DEFAULT_LIMITS, type TemplateLimits } from './limits.ts';
export { checkTemplate, renderTemplate, type RenderTemplateOptions } from './render-template.ts';
export { TemplateObject } from './values/from-outside.ts';
